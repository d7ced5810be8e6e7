//! Every way to write an address that only this machine reaches.

use outbound::{Allow, Reach};
use reqwest::Url;

use crate::outbound;

#[derive(Clone, Copy, PartialEq, Debug)]
enum Is {
    Public,
    Private,
    Never,
}
use Is::{Never, Private, Public};

const HOSTS: [(&str, Is); 92] = [
    ("127.0.0.1", Private),
    ("127.255.255.254", Private),
    ("127.1", Private),
    ("127.0.1", Private),
    ("2130706433", Private),
    ("0x7f000001", Private),
    ("0x7f.1", Private),
    ("0177.0.0.1", Private),
    ("017700000001", Private),
    ("0x7f.0x0.0x0.0x1", Private),
    ("127.0.0.1.", Private),
    ("１２７.0.0.1", Private),
    ("127。0。0。1", Private),
    ("%31%32%37.0.0.1", Private),
    ("localhost", Private),
    ("LOCALHOST", Private),
    ("localhost.", Private),
    ("api.localhost", Private),
    ("ⓛocalhost", Private),
    ("10.0.0.1", Private),
    ("10.255.255.255", Private),
    ("167772161", Private),
    ("012.0.0.1", Private),
    ("172.16.0.1", Private),
    ("172.31.255.255", Private),
    ("192.168.0.1", Private),
    ("0xc0a80001", Private),
    ("192.168.257", Private),
    ("100.64.0.1", Private),
    ("100.127.255.255", Private),
    ("198.18.0.1", Private),
    ("198.19.255.255", Private),
    ("[::1]", Private),
    ("[0:0:0:0:0:0:0:1]", Private),
    ("[::ffff:127.0.0.1]", Private),
    ("[::ffff:7f00:1]", Private),
    ("[::ffff:10.0.0.1]", Private),
    ("[::ffff:192.168.1.1]", Private),
    ("[::127.0.0.1]", Private),
    ("[::ffff:0:10.0.0.1]", Private),
    ("[64:ff9b::10.0.0.1]", Private),
    ("[64:ff9b::7f00:1]", Private),
    ("[2002:7f00:1::]", Private),
    ("[2002:a00:1::1]", Private),
    ("[2002:c0a8:101::1]", Private),
    ("[2600::5efe:10.0.0.1]", Private),
    ("[2600::200:5efe:127.0.0.1]", Private),
    ("[fc00::1]", Private),
    ("[fd12:3456:789a::1]", Private),
    ("[fec0::1]", Private),
    ("169.254.169.254", Never),
    ("169.254.170.2", Never),
    ("2852039166", Never),
    ("0xa9fea9fe", Never),
    ("0251.0376.0251.0376", Never),
    ("169.254.43518", Never),
    ("metadata.google.internal", Never),
    ("Metadata.Google.Internal.", Never),
    ("metadata", Never),
    ("100.100.100.200", Never),
    ("168.63.129.16", Never),
    ("192.0.0.192", Never),
    ("[::ffff:169.254.169.254]", Never),
    ("[::169.254.169.254]", Never),
    ("[64:ff9b::169.254.169.254]", Never),
    ("[64:ff9b:1::a9fe:a9fe]", Never),
    ("[2002:a9fe:a9fe::]", Never),
    ("[2600::5efe:169.254.169.254]", Never),
    ("[fd00:ec2::254]", Never),
    ("[fd20:ce::254]", Never),
    ("[fe80::1]", Never),
    ("[fe80::a9fe:a9fe]", Never),
    ("0.0.0.0", Never),
    ("0", Never),
    ("0.1.2.3", Never),
    ("[::]", Never),
    ("[::ffff:0.0.0.0]", Never),
    ("[::2]", Never),
    ("224.0.0.1", Never),
    ("239.255.255.250", Never),
    ("240.0.0.1", Never),
    ("255.255.255.255", Never),
    ("192.0.2.1", Never),
    ("[2001:db8::1]", Never),
    ("[ff02::1]", Never),
    ("[2001:0:4136:e378:8000:63bf:3fff:fdd2]", Never),
    ("[4000::1]", Never),
    ("[100::1]", Never),
    ("1.1.1.1", Public),
    ("172.32.0.1", Public),
    ("[2606:4700:4700::1111]", Public),
    ("[2002:101:101::1]", Public),
];

#[test]
fn every_spelling_is_judged_by_what_it_means() {
    let outbound = outbound(&[]);
    for (host, is) in HOSTS {
        let url = Url::parse(&format!("http://{host}:8080/path")).unwrap();
        let public = outbound.check_url(&url, Reach::Public).is_ok();
        let private = outbound.check_url(&url, Reach::Private).is_ok();
        assert_eq!((public, private), (is == Public, is != Never), "{host} is {is:?}");
    }
}

/// Whoever forgets to check is refused by the client, before any packet leaves.
#[tokio::test]
async fn the_client_itself_refuses_literal_addresses() {
    let outbound = outbound(&[]);
    for (reach, refused) in [(Reach::Public, [Private, Never].as_slice()), (Reach::Private, &[Never])] {
        let client = outbound.client(reach).unwrap();
        for (host, _) in HOSTS.iter().filter(|(_, is)| refused.contains(is)) {
            for scheme in ["http", "https"] {
                let error = client.get(format!("{scheme}://{host}:9/")).send().await.unwrap_err();
                let text = outbound::explain(error);
                assert!(text.contains("is refused: it is "), "{scheme} {host} {reach:?}: {text}");
            }
        }
    }
}

#[test]
fn what_is_allowed_is_allowed_as_far_as_it_says() {
    let by_net = outbound(&["10.1.0.0/16", "169.254.0.0/16", "fd00::/8", "internal.example"]);
    let check = |outbound: &outbound::Outbound, host: &str| {
        outbound.check_url(&Url::parse(&format!("http://{host}/")).unwrap(), Reach::Public).is_ok()
    };
    assert!(check(&by_net, "10.1.2.3") && check(&by_net, "[::ffff:10.1.2.3]") && check(&by_net, "[fd01::1]"));
    assert!(!check(&by_net, "10.2.0.1") && !check(&by_net, "127.0.0.1"));
    // A network opens what is private, and not what is never reached.
    assert!(!check(&by_net, "169.254.169.254") && !check(&by_net, "[fd00:ec2::254]"));
    let exact = outbound(&["169.254.169.254", "localhost"]);
    assert!(check(&exact, "169.254.169.254") && check(&exact, "0xa9fea9fe") && check(&exact, "localhost"));
    assert!(!check(&exact, "169.254.169.253"));
}

#[test]
fn entries_are_read_strictly() {
    for good in ["10.0.0.0/8", "10.0.0.1", "::1", "fd00::/8", "build.example", "Build.Example."] {
        Allow::try_from(good.to_owned()).unwrap_or_else(|error| panic!("{good}: {error}"));
    }
    for bad in ["", "10.0.0.0/33", "*.example", "http://x.example", "a b", "host:80", "0x7f.1"] {
        let error = Allow::try_from(bad.to_owned()).unwrap_err();
        assert!(error.contains("`allow` in [outbound]"), "{bad}: {error}");
    }
}

#[test]
fn only_http_without_credentials() {
    let outbound = outbound(&[]);
    for url in ["ftp://example.com/", "file:///etc/passwd", "gopher://example.com/", "unix:/run/x", "data:,x"]
    {
        let error = outbound.check_url(&Url::parse(url).unwrap(), Reach::Private).unwrap_err();
        assert!(error.to_string().contains("http and https"), "{url}: {error}");
    }
    let url = Url::parse("https://me:hunter2@example.com/?token=hunter3").unwrap();
    let error = outbound.check_url(&url, Reach::Public).unwrap_err().to_string();
    assert!(!error.contains("hunter") && error.contains("secret://"), "{error}");
}
