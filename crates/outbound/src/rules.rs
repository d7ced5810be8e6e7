//! Where requests of one reach may go.

use std::net::IpAddr;
use std::sync::Arc;

use url::{Host, Url};

use crate::address::{self, Kind};
use crate::{Allow, OutboundError};

/// How far requests may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reach {
    /// The open internet only.
    Public,
    /// And this machine and private networks. Never metadata services and link-local addresses.
    Private,
}

/// Names that metadata services go by. Behind a proxy their addresses are out of sight.
const METADATA_NAMES: [&str; 4] =
    ["metadata.google.internal", "metadata", "instance-data", "instance-data.ec2.internal"];

#[derive(Clone, Debug)]
pub(crate) struct Rules {
    pub reach: Reach,
    pub allow: Arc<[Allow]>,
}

impl Rules {
    /// The parts of a URL that can be judged without looking a name up.
    pub(crate) fn check_url(&self, url: &Url) -> Result<(), OutboundError> {
        let wrong = |why: &str| Err(OutboundError::Url(without_secrets(url), why.to_owned()));
        if !matches!(url.scheme(), "http" | "https") {
            return wrong("only http and https are spoken");
        }
        if !url.username().is_empty() || url.password().is_some() {
            return wrong("a name or password in a URL gets into logs; use a header with `secret://name`");
        }
        match url.host() {
            Some(Host::Ipv4(address)) => self.check_address(address.into()),
            Some(Host::Ipv6(address)) => self.check_address(address.into()),
            Some(Host::Domain(name)) => self.check_name(name),
            None => return wrong("it names no host"),
        }
        .map_err(OutboundError::Refused)
    }

    /// An address that is written out, with no name before it.
    pub(crate) fn check_address(&self, address: IpAddr) -> Result<(), String> {
        self.judge(address, false).map_err(|why| self.refusal(&address.to_string(), why))
    }

    /// A name, whatever it resolves to.
    pub(crate) fn check_name(&self, name: &str) -> Result<(), String> {
        let name = plain(name);
        if self.allows_host(&name) {
            return Ok(());
        }
        if METADATA_NAMES.contains(&name.as_str()) {
            return Err(self.refusal(&name, Kind::Never("the name of a cloud's metadata service")));
        }
        let is_local = name == "localhost" || name.ends_with(".localhost");
        if is_local && self.reach == Reach::Public {
            return Err(self.refusal(&name, Kind::Private("this machine")));
        }
        Ok(())
    }

    /// Those of a name's addresses that may be connected to; never none.
    pub(crate) fn permitted(&self, name: &str, addresses: Vec<IpAddr>) -> Result<Vec<IpAddr>, String> {
        self.check_name(name)?;
        let name = plain(name);
        let named = self.allows_host(&name);
        let mut refused = None;
        let mut permitted = Vec::with_capacity(addresses.len());
        for address in addresses {
            match self.judge(address, named) {
                Ok(()) => permitted.push(address),
                Err(why) => refused = Some((address, why)),
            }
        }
        match refused {
            Some((address, why)) if permitted.is_empty() => {
                Err(self.refusal(&format!("{name} ({address})"), why))
            }
            _ if permitted.is_empty() => Err(format!("{name} has no address")),
            _ => Ok(permitted),
        }
    }

    /// `named`: the host is in the list of those allowed, which opens what is private.
    fn judge(&self, address: IpAddr, named: bool) -> Result<(), Kind> {
        let kind = address::kind(address);
        let permitted = match kind {
            Kind::Public => true,
            Kind::Private(_) => named || self.reach == Reach::Private || self.allows(address, |_| true),
            Kind::Never(_) => self.allows(address, address::is_exact),
        };
        if permitted { Ok(()) } else { Err(kind) }
    }

    fn allows(&self, address: IpAddr, counts: impl Fn(&ipnet::IpNet) -> bool) -> bool {
        // The system connects to a mapped address as to the IPv4 one.
        let address = address.to_canonical();
        self.allow
            .iter()
            .any(|allow| matches!(allow, Allow::Net(net) if counts(net) && net.contains(&address)))
    }

    fn allows_host(&self, name: &str) -> bool {
        self.allow.iter().any(|allow| matches!(allow, Allow::Host(host) if host == name))
    }

    fn refusal(&self, what: &str, why: Kind) -> String {
        match why {
            Kind::Never(why) => format!(
                "{what} is refused: it is {why}. An entry with exactly this address under `allow` in [outbound] \
                 permits it"
            ),
            Kind::Private(why) => format!(
                "{what} is refused: it is {why}, and this request may go to the open internet only. \
                 `allow_private` of a server (`gateway add --allow-private`), or an entry under `allow` in [outbound], permits it"
            ),
            Kind::Public => format!("{what} is refused"),
        }
    }
}

/// Names are the same in any case, and with a dot at the end.
fn plain(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}

/// Scheme, host, port and path: what may be shown.
pub(crate) fn without_secrets(url: &Url) -> String {
    let mut shown = url.clone();
    // Only URLs that cannot have them refuse.
    let _ = shown.set_username("");
    let _ = shown.set_password(None);
    shown.set_query(None);
    shown.set_fragment(None);
    shown.into()
}
