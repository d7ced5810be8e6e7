//! What the gateway costs: the same load on one fast MCP server directly, through the gateway, and through other
//! gateways, in one run.
//!
//! `cargo bench -p bailiwick --bench gateway [-- --seconds N --only TEXT --abandoned N]`. Peers are those that
//! `bailiwick/benches/gateway/peers.sh` has installed. Load, gateway and server share the cores of the machine.

mod http;
mod load;
mod ours;
mod peers;
mod process;
mod upstream;

use std::process::Command;
use std::time::Duration;

use load::{Era, Figures, Target, abandon, measure};
use process::Process;

const CONNECTIONS: [usize; 3] = [1, 8, 32];
const SECONDS: u64 = 4;
/// Sessions of clients that never say goodbye.
const ABANDONED: usize = 10_000;

/// What the command line says.
struct Options {
    seconds: u64,
    /// Only subjects with this in their names, besides the server itself.
    only: Option<String>,
    abandoned: usize,
}

/// Something between client and server.
struct Subject {
    name: String,
    process: Process,
    target: Target,
    eras: Vec<Era>,
    abandon: bool,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [word, rest @ ..] = &arguments[..]
        && word == "upstream"
    {
        upstream::run(rest.iter().any(|word| word == "--stdio"));
        return;
    }
    let value = |name: &str| {
        let at = arguments.iter().position(|word| word == name)?;
        arguments.get(at + 1).cloned()
    };
    // `cargo test --benches` only wants to know that it runs.
    let measuring = arguments.iter().any(|word| word == "--bench");
    let options = Options {
        seconds: value("--seconds").map_or(SECONDS, |text| text.parse().expect("--seconds N")),
        only: value("--only").or((!measuring).then(|| "nothing".to_owned())),
        abandoned: match value("--abandoned") {
            Some(text) => text.parse().expect("--abandoned N"),
            None if measuring => ABANDONED,
            None => 100,
        },
    };
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(run(&options));
}

async fn run(options: &Options) {
    let this = std::env::current_exe().expect("this program");
    let (server, mut lines) = Process::speaking(Command::new(&this).arg("upstream"));
    let url = lines.next().expect("says where").expect("text");
    let direct = Target { url: url.clone(), headers: String::new(), tool: "echo".into() };
    println!(
        "{:<40} {:<10} {:>5} {:>9} {:>9} {:>9} {:>9} {:>7} {:>9} {:>6}",
        "through", "era", "conns", "calls/s", "p50 µs", "p99 µs", "added µs", "ratio", "CPU µs", "wrong"
    );
    let mut base = Vec::new();
    for era in [Era::Modern, Era::Legacy] {
        for connections in CONNECTIONS {
            let (figures, cpu) = one(&server, &direct, era, connections, options).await.expect("answers");
            show("direct", era, connections, &figures, cpu, None);
            base.push((era, connections, figures));
        }
    }
    for variant in ours::VARIANTS {
        if wanted(options, variant.name) {
            subject(variant.start(&url), &base, options).await;
        }
    }
    for peer in peers::PEERS {
        if wanted(options, peer.name) {
            match peer.start(&url, &this).await {
                Ok(started) => subject(started, &base, options).await,
                Err(why) => println!("{:<40} not measured: {why}", peer.name),
            }
        }
    }
}

fn wanted(options: &Options, name: &str) -> bool {
    options.only.as_ref().is_none_or(|text| name.contains(text.as_str()))
}

async fn subject(subject: Subject, base: &[(Era, usize, Figures)], options: &Options) {
    let Subject { name, process, target, eras, abandon: abandons } = subject;
    println!("{name}: {:.1} MB resident before the load", process.rss_mb());
    for (era, connections, direct) in base.iter().filter(|(era, ..)| eras.contains(era)) {
        match one(&process, &target, *era, *connections, options).await {
            Ok((figures, cpu)) => show(&name, *era, *connections, &figures, cpu, Some(direct)),
            Err(why) => println!("{name:<40} {:<10} {connections:>5} failed: {why}", era.name()),
        }
    }
    println!("{name}: {:.1} MB resident after the load", process.rss_mb());
    if abandons {
        let many = options.abandoned;
        match tokio::time::timeout(Duration::from_secs(120), abandon(&target, many)).await {
            Ok(Ok(())) => {
                println!("{name}: {:.1} MB resident after {many} sessions left open", process.rss_mb())
            }
            Ok(Err(why)) => println!("{name}: sessions that are left open failed: {why}"),
            Err(_) => println!("{name}: {many} sessions were not open after 120 s"),
        }
    }
}

/// The figures, and microseconds of processor time a call of what is measured.
async fn one(
    process: &Process,
    target: &Target,
    era: Era,
    connections: usize,
    options: &Options,
) -> std::io::Result<(Figures, f64)> {
    let before = process.cpu();
    let duration = Duration::from_secs(options.seconds);
    let running = measure(target, era, connections, duration);
    // A peer that stops answering must not stop the run.
    let figures = tokio::time::timeout(duration * 3 + Duration::from_secs(30), running)
        .await
        .map_err(|_| std::io::Error::other("no answer any more"))??;
    let cpu = (process.cpu() - before) * 1e6 / figures.calls.max(1) as f64;
    Ok((figures, cpu))
}

fn show(name: &str, era: Era, connections: usize, figures: &Figures, cpu: f64, direct: Option<&Figures>) {
    let micros = |time: Duration| time.as_secs_f64() * 1e6;
    let (added, ratio) = direct.map_or((String::new(), String::new()), |direct| {
        let added = micros(figures.p50) - micros(direct.p50);
        (format!("{added:.0}"), format!("{:.2}", figures.per_second() / direct.per_second()))
    });
    println!(
        "{name:<40} {:<10} {connections:>5} {:>9.0} {:>9.0} {:>9.0} {added:>9} {ratio:>7} {cpu:>9.0} {:>6}",
        era.name(),
        figures.per_second(),
        micros(figures.p50),
        micros(figures.p99),
        figures.wrong
    );
}
