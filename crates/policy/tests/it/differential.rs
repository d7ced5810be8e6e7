//! The compiled program answers like the interpreter, over the same questions given as JSON text.

use std::collections::BTreeSet;

use policy::Policy;
use regorus::{Engine, Value};

use crate::questions::realistic;

#[test]
fn the_compiled_pack_answers_like_the_interpreted_one() {
    let policy = Policy::shipped();
    let mut engine = Engine::new();
    for file in policy::shipped_files() {
        engine.add_policy(file.path, file.text).unwrap();
    }
    for question in realistic() {
        let answer = policy.decide(&question);
        engine.set_input(Value::from_json_str(&serde_json::to_string(&question).unwrap()).unwrap());
        let mut interpreted = BTreeSet::new();
        for set in ["deny", "ask", "allow"] {
            let members = engine.eval_rule(format!("data.bailiwick.{set}")).unwrap();
            for member in members.as_set().unwrap().iter() {
                interpreted.insert((set, member["rule"].to_string(), member["message"].to_string()));
            }
        }
        let compiled: BTreeSet<_> = answer
            .reasons
            .iter()
            .filter(|reason| reason.rule != "policy.no_rule")
            .map(|reason| {
                let set = match reason.verdict {
                    domain::decision::Verdict::Deny => "deny",
                    domain::decision::Verdict::Ask => "ask",
                    domain::decision::Verdict::Allow => "allow",
                };
                (
                    set,
                    Value::from(reason.rule.as_str()).to_string(),
                    Value::from(reason.message.as_str()).to_string(),
                )
            })
            .collect();
        assert_eq!(compiled, interpreted, "{question:?}");
        let labels = engine.eval_rule("data.bailiwick.label".into()).unwrap();
        let labels: Vec<String> =
            labels.as_set().unwrap().iter().map(|l| l.as_string().unwrap().to_string()).collect();
        assert_eq!(answer.obligations.labels, labels, "{question:?}");
        let verdict = engine.eval_rule("data.bailiwick.verdict".into()).unwrap();
        let verdict = serde_json::to_value(&verdict).unwrap();
        assert_eq!(serde_json::to_value(answer.verdict).unwrap(), verdict, "{question:?}");
    }
}
