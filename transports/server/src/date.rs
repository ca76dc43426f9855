//! The value of the Date field (RFC 9110 section 6.6.1).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The last value, since it is the same for a whole second.
#[derive(Debug, Default)]
pub(crate) struct Date {
    second: u64,
    text: String,
}

/// 31 December 9999, 23:59:59: the last one that IMF-fixdate has digits for. Beyond it, and before
/// 1970, `httpdate` panics.
const LAST_SECOND: u64 = 253_402_300_799;

impl Date {
    pub(crate) fn at(&mut self, now: SystemTime) -> &str {
        let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        let second = since.as_secs().min(LAST_SECOND);
        if second != self.second || self.text.is_empty() {
            self.second = second;
            self.text = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(second));
        }
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_an_imf_fixdate_and_clocks_may_be_wrong() {
        let mut date = Date::default();
        // The example of RFC 9110 section 5.6.7.
        let example = UNIX_EPOCH + Duration::from_secs(784_111_777);
        assert_eq!(date.at(example), "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(date.at(example + Duration::from_millis(999)), "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(date.at(example + Duration::from_secs(1)), "Sun, 06 Nov 1994 08:49:38 GMT");
        assert_eq!(date.at(UNIX_EPOCH - Duration::from_secs(1)), "Thu, 01 Jan 1970 00:00:00 GMT");
        let late = UNIX_EPOCH + Duration::from_secs(LAST_SECOND + 1);
        assert_eq!(date.at(late), "Fri, 31 Dec 9999 23:59:59 GMT");
    }
}
