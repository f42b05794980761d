//! A builder that makes nothing and counts.
use regwire_plan::simple::lexical;
use regwire_plan::{Build, Constant, RawParts, Stop};

/// Counts the values that are out: what was made and not yet let go of.
#[derive(Debug, Default)]
pub struct Counting {
    /// Values made and neither released nor taken over by a tuple or record.
    pub out: isize,
}

impl Counting {
    #[allow(clippy::unnecessary_wraps, reason = "as the methods that end in it")]
    fn make(&mut self) -> Result<usize, Stop> {
        self.out += 1;
        Ok(2)
    }
}

impl Build for Counting {
    type Value = usize;
    const NULL: usize = 0;

    fn is_null(value: usize) -> bool {
        value == 0
    }
    fn mark(list: u32) -> usize {
        (list as usize) << 1 | 1
    }
    fn marked(value: usize) -> Option<u32> {
        (value & 1 == 1).then_some((value >> 1) as u32)
    }
    fn text(&mut self, text: &[u8], ascii: bool) -> Result<usize, Stop> {
        assert!(std::str::from_utf8(text).is_ok() && (!ascii || text.is_ascii()));
        self.make()
    }
    fn constant(&mut self, constant: Constant) -> usize {
        assert!(constant < 2);
        self.make().unwrap_or_default()
    }
    fn integer(&mut self, value: i64) -> Result<usize, Stop> {
        assert!((1..=99).contains(&value));
        self.make()
    }
    fn big_integer(&mut self, _numeral: &[u8]) -> Result<usize, Stop> {
        panic!("out of every range")
    }
    fn boolean(&mut self, _value: bool) -> usize {
        self.make().unwrap_or_default()
    }
    fn decimal(&mut self, _numeral: &[u8]) -> Result<usize, Stop> {
        self.make()
    }
    fn date(&mut self, _date: lexical::Date) -> Result<usize, Stop> {
        self.make()
    }
    fn date_time(&mut self, _time: lexical::DateTime) -> Result<usize, Stop> {
        self.make()
    }
    fn duration(&mut self, _text: &[u8]) -> Result<usize, Stop> {
        self.make()
    }
    fn binary(&mut self, _octets: &[u8]) -> Result<usize, Stop> {
        self.make()
    }
    fn qname(&mut self, namespace: &[u8], local: &[u8]) -> Result<usize, Stop> {
        assert!(namespace.is_ascii() && lexical::is_ncname(local));
        self.make()
    }
    fn raw(&mut self, parts: RawParts<'_>) -> Result<usize, Stop> {
        assert!(parts.xml.starts_with(b"<") && parts.xml.ends_with(b">") && !parts.tag.is_empty());
        self.make()
    }
    fn tuple(&mut self, values: &mut Vec<usize>) -> Result<usize, Stop> {
        self.out -= values.len().cast_signed();
        values.clear();
        self.make()
    }
    fn record(&mut self, _kind: usize, values: &mut [usize]) -> Result<usize, Stop> {
        assert!(values.iter().all(|value| Self::marked(*value).is_none()));
        self.out -= values
            .iter()
            .filter(|value| **value != 0)
            .count()
            .cast_signed();
        self.make()
    }
    fn release(&mut self, value: usize) {
        assert_ne!(value, 0);
        self.out -= 1;
    }
    fn share(&mut self, value: usize) -> usize {
        assert_ne!(value, 0);
        self.out += 1;
        value
    }
}
