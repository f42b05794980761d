//! Peer: instant-epp as a client. N sessions, one task each, one command outstanding (it can do no more): check of NAMES names
//! and info in turn. The names are made before anything is measured, as for the client under test. Prints its own CPU per
//! command.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use bench_instant::cpu_time;
use instant_epp::EppClient;
use instant_epp::client::RustlsConnector;
use instant_epp::domain::{DomainCheck, DomainInfo};
use instant_epp::login::Login;
use tokio::sync::Barrier;
use tokio::task::JoinSet;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, version};

type Failure = Box<dyn std::error::Error + Send + Sync>;

const USER: &str = "reg-a";
const PASSWORD: &str = "bench-password";
const TIMEOUT: Duration = Duration::from_secs(10);

struct Plan {
    port: u16,
    sessions: usize,
    warmup: u64,
    commands: u64,
    /// Twice the names that exist, so that names can be taken from anywhere in the list.
    known: Vec<String>,
    objects: u64,
    names: usize,
    tls: Arc<ClientConfig>,
}

/// Names that exist and names that do not, in turn.
fn known(objects: u64) -> Vec<String> {
    let name = |i: u64| {
        let i = i % objects;
        format!("{}{}.example", if i % 2 == 0 { 'p' } else { 'q' }, i / 2)
    };
    (0..2 * objects).map(name).collect()
}

fn tls(authority: &str, certificate: &str, key: &str) -> Result<Arc<ClientConfig>, Failure> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(authority)? {
        roots.add(certificate?)?;
    }
    let mut provider = aws_lc_rs::default_provider();
    provider.cipher_suites = vec![aws_lc_rs::cipher_suite::TLS13_AES_128_GCM_SHA256];
    let chain = CertificateDer::pem_file_iter(certificate)?.collect::<Result<Vec<_>, _>>()?;
    let config = ClientConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(&[&version::TLS13])?
        .with_root_certificates(roots)
        .with_client_auth_cert(chain, PrivateKeyDer::from_pem_file(key)?)?;
    Ok(Arc::new(config))
}

async fn connect(plan: &Plan) -> Result<EppClient<RustlsConnector>, Failure> {
    let connector = RustlsConnector::builder(("127.0.0.1".to_owned(), plan.port))?
        .build_with_config(Arc::clone(&plan.tls));
    let mut client = EppClient::new(connector, "bench".to_owned(), TIMEOUT).await?;
    client
        .transact(&Login::new(USER, PASSWORD, None, None), "bench-login")
        .await?;
    Ok(client)
}

/// `count` commands of one session; every answer is looked at.
async fn exchange(
    client: &mut EppClient<RustlsConnector>,
    plan: &Plan,
    known: &[&str],
    session: u64,
    first: u64,
    count: u64,
) -> Result<(), Failure> {
    for n in first..first + count {
        let id = format!("IE-{session:04}-{n:08}");
        let own = usize::try_from((n * 7 + session) % plan.objects)?;
        if n % 2 == 0 {
            let names = &known[own..own + plan.names];
            let response = client.transact(&DomainCheck { domains: names }, &id).await?;
            let available = response
                .res_data()
                .ok_or("no data")?
                .list
                .iter()
                .filter(|item| item.name.available)
                .count();
            if available != (plan.names + own % 2) / 2 {
                return Err(format!("{available} names available").into());
            }
        } else {
            let name = known[own & !1];
            let response = client.transact(&DomainInfo::new(name, None), &id).await?;
            if response.res_data().ok_or("no data")?.name != name {
                return Err("another domain".into());
            }
        }
    }
    Ok(())
}

async fn run(plan: Plan) -> Result<f64, Failure> {
    let plan = Arc::new(plan);
    let barrier = Arc::new(Barrier::new(plan.sessions + 1));
    let mut tasks = JoinSet::new();
    for session in 0..plan.sessions as u64 {
        let (plan, barrier) = (Arc::clone(&plan), Arc::clone(&barrier));
        let mut client = connect(&plan).await?;
        tasks.spawn_local(async move {
            let (warmup, count) = (
                plan.warmup / plan.sessions as u64,
                plan.commands / plan.sessions as u64,
            );
            let known: Vec<&str> = plan.known.iter().map(String::as_str).collect();
            exchange(&mut client, &plan, &known, session, 0, warmup).await?;
            barrier.wait().await;
            exchange(&mut client, &plan, &known, session, warmup, count).await?;
            Ok::<_, Failure>((count, client))
        });
    }
    barrier.wait().await;
    let start = cpu_time();
    let (mut done, mut clients) = (0, Vec::new());
    while let Some(finished) = tasks.join_next().await {
        let (count, client) = finished??;
        done += count;
        clients.push(client);
    }
    let used = cpu_time() - start;
    for client in clients {
        client.shutdown().await?;
    }
    Ok(used * 1e6 / done as f64)
}

fn plan(words: &[String]) -> Result<Plan, Failure> {
    let [
        port,
        authority,
        certificate,
        key,
        sessions,
        warmup,
        commands,
        objects,
        names,
    ] = words
    else {
        return Err(
            "usage: bench-instant-client PORT CA CERT KEY SESSIONS WARMUP COMMANDS OBJECTS NAMES".into(),
        );
    };
    let objects = objects.parse()?;
    Ok(Plan {
        port: port.parse()?,
        sessions: sessions.parse()?,
        warmup: warmup.parse()?,
        commands: commands.parse()?,
        known: known(objects),
        objects,
        names: names.parse()?,
        tls: tls(authority, certificate, key)?,
    })
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let measured =
        plan(&words).and_then(|plan| tokio::task::LocalSet::new().block_on(&runtime, run(plan)));
    match measured {
        Ok(micros) => {
            println!("{{\"client_cpu_us\":{micros:.4}}}");
            ExitCode::SUCCESS
        }
        Err(problem) => {
            eprintln!("bench-instant-client: {problem}");
            ExitCode::FAILURE
        }
    }
}
