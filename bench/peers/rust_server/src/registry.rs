//! The registry: a map of names.

use std::collections::HashMap;

use crate::clock::Instant;

pub struct Domain {
    pub roid: String,
    pub statuses: Vec<String>,
    pub registrant: Option<String>,
    /// Type and id.
    pub contacts: Vec<(String, String)>,
    pub hosts: Vec<String>,
    pub sponsor: String,
    pub creator: String,
    pub created: Instant,
    pub updater: Option<String>,
    pub updated: Option<Instant>,
    pub expires: Instant,
    /// Stored, never returned.
    #[allow(dead_code)]
    pub auth_info: String,
}

pub struct Registry {
    pub domains: HashMap<String, Domain>,
}

impl Registry {
    /// The domains `p0.example` … that every server of the comparison starts with.
    pub fn preloaded(count: u64) -> Self {
        let mut domains = HashMap::new();
        for i in 0..count {
            let domain = Domain {
                roid: format!("D{}-REG", i + 1),
                statuses: vec!["ok".to_owned()],
                registrant: Some(format!("own{}", i % 1000)),
                contacts: vec![
                    ("admin".to_owned(), format!("adm{}", i % 1000)),
                    ("tech".to_owned(), format!("tec{}", i % 1000)),
                ],
                hosts: (1..=2)
                    .map(|n| format!("ns{n}.host{}.example.net", i % 500))
                    .collect(),
                sponsor: "reg-a".to_owned(),
                creator: "reg-a".to_owned(),
                created: Instant(1_704_067_200),
                updater: None,
                updated: None,
                expires: Instant(2_019_686_400),
                auth_info: format!("preloaded-{i}"),
            };
            domains.insert(format!("p{i}.example"), domain);
        }
        Self { domains }
    }
}
