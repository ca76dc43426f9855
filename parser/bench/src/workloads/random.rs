//! Small random numbers from a fixed seed: the same requests on every machine.

/// SplitMix64.
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    }

    /// `low..=high`
    pub(super) fn number(&mut self, low: u64, high: u64) -> u64 {
        low + self.next() % (high - low + 1)
    }

    pub(super) fn chance(&mut self, percent: u64) -> bool {
        self.next() % 100 < percent
    }

    pub(super) fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[(self.next() % choices.len() as u64) as usize]
    }

    pub(super) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, (self.next() % (last as u64 + 1)) as usize);
        }
    }

    pub(super) fn text(&mut self, alphabet: &str, low: u64, high: u64) -> String {
        (0..self.number(low, high)).map(|_| char::from(self.pick(alphabet.as_bytes()))).collect()
    }

    pub(super) fn hex(&mut self, length: u64) -> String {
        self.text("0123456789abcdef", length, length)
    }

    pub(super) fn base64(&mut self, low: u64, high: u64) -> String {
        self.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", low, high)
    }

    pub(super) fn word(&mut self) -> &'static str {
        self.pick(&[
            "a",
            "api",
            "articles",
            "assets",
            "blog",
            "cart",
            "checkout",
            "data",
            "docs",
            "download",
            "en",
            "feed",
            "files",
            "images",
            "index",
            "internationalisation",
            "items",
            "js",
            "login",
            "news",
            "orders",
            "p",
            "products",
            "profile",
            "reports",
            "rust-programming-language",
            "search",
            "sessions",
            "static",
            "status",
            "tags",
            "terms-of-service",
            "users",
            "v1",
            "v2",
            "video",
            "wiki",
            "x",
        ])
    }

    pub(super) fn uuid(&mut self) -> String {
        format!(
            "{}-{}-4{}-a{}-{}",
            self.hex(8),
            self.hex(4),
            self.hex(3),
            self.hex(3),
            self.hex(12)
        )
    }

    pub(super) fn date(&mut self) -> String {
        let day = self.pick(&["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]);
        let month = self.pick(&[
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ]);
        let (hour, minute, second) = (self.number(0, 23), self.number(0, 59), self.number(0, 59));
        format!(
            "{day}, {:02} {month} 2024 {hour:02}:{minute:02}:{second:02} GMT",
            self.number(1, 28)
        )
    }
}
