//! Both eras over one pair of pipes.

use std::sync::Arc;

use mcp::serve::{Options, serve_stdio};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, Lines, duplex};
use tokio::task::JoinHandle;

use super::support::{Probe, VERSION, call, eventually, meta};

struct Pipe {
    input: Option<DuplexStream>,
    output: Lines<BufReader<DuplexStream>>,
    server: JoinHandle<std::io::Result<()>>,
}

impl Pipe {
    fn new(probe: &Arc<Probe>, options: Options) -> Self {
        let (input, stdin) = duplex(1 << 16);
        let (stdout, output) = duplex(1 << 16);
        let server =
            tokio::spawn(serve_stdio(probe.clone(), options, stdin, stdout, http::Extensions::new()));
        Self { input: Some(input), output: BufReader::new(output).lines(), server }
    }

    async fn say(&mut self, line: impl AsRef<[u8]>) {
        let input = self.input.as_mut().unwrap();
        input.write_all(line.as_ref()).await.unwrap();
        input.write_all(b"\n").await.unwrap();
    }

    async fn hear(&mut self) -> Value {
        serde_json::from_str(&self.output.next_line().await.unwrap().expect("a message")).unwrap()
    }

    /// Closes the input and gives what is still said.
    async fn end(mut self) -> Vec<Value> {
        self.input = None;
        let mut last = Vec::new();
        while let Some(line) = self.output.next_line().await.unwrap() {
            last.push(serde_json::from_str(&line).unwrap());
        }
        self.server.await.unwrap().unwrap();
        last
    }
}

fn modern(id: impl Into<Value>, method: &str, mut params: Value) -> String {
    params["_meta"] = meta();
    json!({"jsonrpc": "2.0", "id": id.into(), "method": method, "params": params}).to_string()
}

#[tokio::test]
async fn both_eras_share_a_pipe() {
    let probe = Arc::new(Probe::default());
    let mut pipe = Pipe::new(&probe, Options::default());
    pipe.say(modern("d", "server/discover", json!({}))).await;
    assert_eq!(pipe.hear().await["result"]["supportedVersions"], json!([VERSION]));
    pipe.say(call(1, "probe/echo", &json!({}))).await;
    let lost = pipe.hear().await;
    assert_eq!(lost["error"]["code"], -32602);
    assert!(lost["error"]["message"].as_str().unwrap().contains("`initialize`"));
    pipe.say(call(2, "initialize", &json!({"protocolVersion": "2025-06-18", "capabilities": {"roots": {}}})))
        .await;
    assert_eq!(pipe.hear().await["result"]["protocolVersion"], "2025-06-18");
    pipe.say(call(3, "probe/echo", &json!({"x": 1}))).await;
    assert_eq!(pipe.hear().await["result"], json!({"was": {"x": 1}, "n": 1.0}));
    pipe.say(modern(4, "probe/echo", json!({}))).await;
    assert_eq!(pipe.hear().await["result"]["resultType"], "complete");
    pipe.say(call(5, "probe/ask", &json!({"ask": {"r": {"method": "roots/list"}}}))).await;
    let question = pipe.hear().await;
    assert_eq!(question["method"], "roots/list");
    pipe.say(json!({"jsonrpc": "2.0", "id": question["id"], "result": {"roots": []}}).to_string()).await;
    assert_eq!(pipe.hear().await["result"]["got"], json!({"r": {"roots": []}}));
    pipe.say(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#).await;
    assert_eq!(pipe.hear().await["method"], "notifications/prompts/list_changed");
    pipe.end().await;
    let asked = probe.asked.lock().unwrap();
    let conversation = &asked[0].client.conversation;
    assert!(asked.iter().all(|asked| asked.client.conversation == *conversation));
    assert_eq!(*probe.ended.lock().unwrap(), std::slice::from_ref(conversation));
    assert_eq!(probe.running(), 0);
}

#[tokio::test]
async fn garbage_is_answered_and_the_next_line_is_read() {
    let probe = Arc::new(Probe::default());
    let mut pipe = Pipe::new(&probe, Options { message_bytes_max: 1000, ..Options::default() });
    for (line, code) in [
        (b"nonsense".to_vec(), -32700),
        (vec![0xff, 0x00], -32700),
        (b"[]".to_vec(), -32600),
        (b"{}".to_vec(), -32600),
        (format!("[{}]", modern(1, "probe/echo", json!({}))).into_bytes(), -32600),
        (vec![b'x'; 5_000], -32600),
    ] {
        pipe.say(&line).await;
        let answer = pipe.hear().await;
        assert_eq!((&answer["error"]["code"], &answer["id"]), (&json!(code), &Value::Null));
        if line.len() == 5_000 {
            assert!(answer["error"]["message"].as_str().unwrap().contains("message_bytes_max"));
        }
    }
    pipe.say("").await;
    pipe.say("  \r").await;
    pipe.say(r#"{"jsonrpc":"2.0","id":5,"result":{}}"#).await;
    pipe.say(format!("{}\r", modern(7, "probe/pretty", json!({})))).await;
    assert_eq!(pipe.hear().await["result"]["text"], "a\nb");
    assert!(pipe.end().await.is_empty());
}

#[tokio::test]
async fn requests_are_cancelled_by_their_id_and_only_once_running() {
    let probe = Arc::new(Probe::default());
    let mut pipe = Pipe::new(&probe, Options { requests_at_once_max: 2, ..Options::default() });
    pipe.say(modern("a", "probe/hang", json!({"loud": true}))).await;
    assert_eq!(pipe.hear().await["method"], "notifications/progress");
    pipe.say(modern("\u{61}", "probe/echo", json!({}))).await;
    assert_eq!(pipe.hear().await["error"]["code"], -32600, "its id is taken");
    let filter = json!({"notifications": {"toolsListChanged": true}});
    pipe.say(modern(2, "subscriptions/listen", filter)).await;
    assert_eq!(pipe.hear().await["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"], 2);
    assert_eq!(pipe.hear().await["method"], "notifications/tools/list_changed");
    pipe.say(modern(3, "probe/echo", json!({}))).await;
    assert_eq!(pipe.hear().await["error"]["code"], 429);
    for id in [json!("a"), json!(2)] {
        pipe.say(
            json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": id}})
                .to_string(),
        )
        .await;
    }
    eventually("both are dropped", || probe.running() == 0).await;
    pipe.say(modern(4, "probe/echo", json!({}))).await;
    assert_eq!(pipe.hear().await["id"], 4);
    // What was asked before the end is answered; what never ends is dropped.
    pipe.say(modern(5, "subscriptions/listen", json!({"notifications": {}}))).await;
    assert_eq!(pipe.hear().await["method"], "notifications/subscriptions/acknowledged");
    pipe.say(modern(6, "probe/many", json!({"n": 1, "pause": 100}))).await;
    let last = pipe.end().await;
    assert_eq!(last.last().unwrap()["id"], 6);
    assert_eq!(probe.running(), 0);
}
