//! Request targets.

use super::random::Random;

pub(super) fn target(random: &mut Random) -> String {
    if random.chance(8) {
        return "/".to_owned();
    }
    let mut target = String::new();
    for _ in 0..random.number(1, 5) {
        target.push('/');
        match random.number(0, 9) {
            0 => target.push_str(&random.number(1, 99_999_999).to_string()),
            1 => target.push_str(&random.uuid()),
            2 => target.push_str(&random.text("abcdefghijklmnopqrstuvwxyz-", 8, 60)),
            3 => target.extend([random.word(), "%20", random.word()]),
            _ => target.push_str(random.word()),
        }
    }
    if random.chance(30) {
        target.push_str(random.pick(&[
            ".html", ".js", ".css", ".png", ".webp", ".woff2", ".json", ".min.js", ".php",
        ]));
    }
    if random.chance(40) {
        let mut separator = '?';
        for _ in 0..random.number(1, 6) {
            target.push(separator);
            separator = '&';
            target.push_str(random.pick(&[
                "id",
                "q",
                "page",
                "utm_source",
                "utm_campaign",
                "_",
                "v",
                "filter[name]",
                "sort",
            ]));
            target.push('=');
            let longest = random.pick(&[3, 8, 16, 70]);
            target.push_str(&random.text(
                "abcdefghijklmnopqrstuvwxyz0123456789+%-_.,:",
                1,
                longest,
            ));
        }
    }
    target
}
