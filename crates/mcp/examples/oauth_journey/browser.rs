//! A browser with a person before it who agrees to everything.

use std::collections::BTreeMap;

use reqwest::Client;
use url::Url;

use super::{Failed, REDIRECT_URI};

/// Pages on the way.
const PAGES_MAX: usize = 12;

/// Follows the pages with their cookies until they lead back to us; the query we are called back with.
pub async fn agree(http: &Client, start: Url) -> Result<String, Failed> {
    let mut cookies: BTreeMap<String, String> = BTreeMap::new();
    let mut url = start;
    for _ in 0..PAGES_MAX {
        let cookie =
            cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
        let response = http.get(url.clone()).header("cookie", cookie).send().await?;
        for set in response.headers().get_all("set-cookie") {
            let pair = set.to_str()?.split(';').next().unwrap_or_default();
            let (name, value) = pair.split_once('=').ok_or("a cookie without a value")?;
            if value.is_empty() {
                cookies.remove(name);
            } else {
                cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let Some(location) = response.headers().get("location") else {
            return Err(format!("{} ends the way: {}", url.path(), response.text().await?).into());
        };
        url = url.join(location.to_str()?)?;
        if url.as_str().starts_with(REDIRECT_URI) {
            return Ok(url.query().unwrap_or_default().to_owned());
        }
    }
    Err("the pages lead nowhere".into())
}
