//! Instants as EPP writes them.

use std::time::{SystemTime, UNIX_EPOCH};

const DAY: i64 = 86_400;

/// Seconds since 1970, UTC.
#[derive(Clone, Copy)]
pub struct Instant(pub i64);

impl Instant {
    pub fn now() -> Self {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .expect("after 1970");
        Self(since.as_secs().cast_signed())
    }

    /// Civil date by Howard Hinnant's algorithm.
    fn date(self) -> (i64, i64, i64) {
        let z = self.0.div_euclid(DAY) + 719_468;
        let era = z.div_euclid(146_097);
        let doe = z.rem_euclid(146_097);
        let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
        let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
        let mp = (5 * doy + 2) / 153;
        let month = if mp < 10 { mp + 3 } else { mp - 9 };
        (
            yoe + era * 400 + i64::from(month <= 2),
            month,
            doy - (153 * mp + 2) / 5 + 1,
        )
    }

    fn from_date(year: i64, month: i64, day: i64, second: i64) -> Self {
        let y = if month <= 2 { year - 1 } else { year };
        let era = y.div_euclid(400);
        let yoe = y.rem_euclid(400);
        let doy = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
        let doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
        Self((era * 146_097 + doe - 719_468) * DAY + second)
    }

    /// 29 February plus a year is 28 February.
    pub fn add_years(self, years: u32) -> Self {
        let (year, month, day) = self.date();
        let year = year + i64::from(years);
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let day = if month == 2 && day == 29 && !leap {
            28
        } else {
            day
        };
        Self::from_date(year, month, day, self.0.rem_euclid(DAY))
    }

    pub fn write(self, out: &mut Vec<u8>) {
        let (year, month, day) = self.date();
        let second = self.0.rem_euclid(DAY);
        let two = |value: i64| [b'0' + (value / 10) as u8, b'0' + (value % 10) as u8];
        out.extend_from_slice(&two(year / 100));
        out.extend_from_slice(&two(year % 100));
        for (mark, value) in [
            (b'-', month),
            (b'-', day),
            (b'T', second / 3600),
            (b':', second / 60 % 60),
            (b':', second % 60),
        ] {
            out.push(mark);
            out.extend_from_slice(&two(value));
        }
        out.push(b'Z');
    }
}
