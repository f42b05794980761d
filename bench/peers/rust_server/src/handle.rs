//! Commands against the registry.

use std::cell::RefCell;
use std::collections::hash_map::Entry;
use std::rc::Rc;

use crate::clock::Instant;
use crate::parse::{self, Create, Operation, Request, Update};
use crate::registry::{Domain, Registry};
use crate::reply::{self, Reply};

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum After {
    Continue,
    Close,
}

pub struct Session {
    registry: Rc<RefCell<Registry>>,
    user: Option<String>,
}

impl Session {
    pub fn new(registry: Rc<RefCell<Registry>>) -> Self {
        Self {
            registry,
            user: None,
        }
    }

    pub fn answer(&mut self, frame: &[u8], out: &mut Vec<u8>) -> After {
        match parse::parse(frame) {
            Err(refusal) => {
                Reply::new(out, refusal.0).end(None);
                After::Continue
            }
            Ok(Request::Hello) => {
                reply::greeting(out);
                After::Continue
            }
            Ok(Request::Command { operation, cl_trid }) => {
                self.execute(operation, cl_trid.as_deref(), out)
            }
        }
    }

    fn execute(
        &mut self,
        operation: Operation<'_>,
        cl_trid: Option<&str>,
        out: &mut Vec<u8>,
    ) -> After {
        if self.user.is_none() != matches!(operation, Operation::Login { .. }) {
            Reply::new(out, 2002).end(cl_trid);
            return After::Continue;
        }
        match operation {
            Operation::Login { user, password } => {
                let right = user == "reg-a" && password == "bench-password";
                if right {
                    self.user = Some(user.into_owned());
                }
                Reply::new(out, if right { 1000 } else { 2200 }).end(cl_trid);
            }
            Operation::Logout => {
                Reply::new(out, 1500).end(cl_trid);
                return After::Close;
            }
            Operation::Check(names) => {
                let registry = self.registry.borrow();
                let mut reply = Reply::new(out, 1000);
                reply.check(
                    names
                        .iter()
                        .map(|name| (&**name, !registry.domains.contains_key(&**name))),
                );
                reply.end(cl_trid);
            }
            Operation::Info(name) => self.info(&name, cl_trid, out),
            Operation::Create(create) => self.create(create, cl_trid, out),
            Operation::Update(update) => {
                let code = self.update(update);
                Reply::new(out, code).end(cl_trid);
            }
        }
        After::Continue
    }

    fn info(&self, name: &str, cl_trid: Option<&str>, out: &mut Vec<u8>) {
        match self.registry.borrow().domains.get(name) {
            None => Reply::new(out, 2303).end(cl_trid),
            Some(domain) => {
                let mut reply = Reply::new(out, 1000);
                reply.info(name, domain);
                reply.end(cl_trid);
            }
        }
    }

    fn create(&mut self, create: Create<'_>, cl_trid: Option<&str>, out: &mut Vec<u8>) {
        let mut registry = self.registry.borrow_mut();
        let number = registry.domains.len() + 1;
        let Entry::Vacant(place) = registry.domains.entry(create.name.into_owned()) else {
            return Reply::new(out, 2302).end(cl_trid);
        };
        let name = place.key().clone();
        let user = self.user.clone().unwrap_or_default();
        let created = Instant::now();
        let domain = place.insert(Domain {
            roid: format!("D{number}-REG"),
            statuses: vec!["ok".to_owned()],
            registrant: create.registrant.map(String::from),
            contacts: create
                .contacts
                .into_iter()
                .map(|(kind, id)| (kind.into_owned(), id.into_owned()))
                .collect(),
            hosts: create.hosts.into_iter().map(String::from).collect(),
            sponsor: user.clone(),
            creator: user,
            created,
            updater: None,
            updated: None,
            expires: created.add_years(create.years.unwrap_or(1)),
            auth_info: create.auth_info.into_owned(),
        });
        let mut reply = Reply::new(out, 1000);
        reply.created(&name, domain);
        reply.end(cl_trid);
    }

    fn update(&self, update: Update<'_>) -> u16 {
        let mut registry = self.registry.borrow_mut();
        let Some(domain) = registry.domains.get_mut(&*update.name) else {
            return 2303;
        };
        let (add, rem) = (update.add, update.rem);
        domain
            .hosts
            .retain(|host| !rem.hosts.iter().any(|gone| gone == host));
        domain
            .statuses
            .retain(|status| !rem.statuses.iter().any(|gone| gone == status));
        domain.contacts.retain(|(kind, id)| {
            !rem.contacts
                .iter()
                .any(|gone| gone.0 == *kind && gone.1 == *id)
        });
        extend(&mut domain.hosts, add.hosts);
        extend(&mut domain.statuses, add.statuses);
        domain.contacts.extend(
            add.contacts
                .into_iter()
                .map(|(kind, id)| (kind.into_owned(), id.into_owned())),
        );
        if let Some(registrant) = update.registrant {
            domain.registrant = Some(registrant.into_owned());
        }
        domain.updater.clone_from(&self.user);
        domain.updated = Some(Instant::now());
        1000
    }
}

fn extend(have: &mut Vec<String>, more: Vec<std::borrow::Cow<'_, str>>) {
    for value in more {
        if !have.iter().any(|present| *present == *value) {
            have.push(value.into_owned());
        }
    }
}
