//! The compiled rules, narrowed to those that can speak for a question.
//!
//! One program holds all rules. For each point, and for each tool that rules name, there is a copy without the
//! definitions that could add nothing there; it is made when it is first needed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use regorus::CompiledPolicy;
use regorus::rvm::{Program, RegoVM};

use crate::Question;
use crate::compile::{PACKAGE, SETS};
use crate::speakers::{Scope, scopes_of};

/// How many points there are: one more than the last of them.
const POINTS: usize = domain::decision::Point::ModelCall as usize + 1;

/// Copies kept for tools that rules name. Beyond, a tool is asked about with the rules of all tools.
const TOOL_COPIES_MAX: usize = 64;

pub(crate) struct Programs {
    whole: Program,
    /// By rule of the program, for each definition where it can speak.
    scopes: Vec<(usize, Vec<Scope>)>,
    /// Names of tools that rules demand.
    tools: HashMap<String, usize>,
    by_point: [OnceLock<Arc<Narrowed>>; POINTS],
    by_tool: RwLock<HashMap<(usize, usize), Arc<Narrowed>>>,
}

/// A program and its machines that are not evaluating just now; as many as ever evaluated at once.
pub(crate) struct Narrowed {
    pub(crate) program: Arc<Program>,
    idle: Mutex<Vec<RegoVM>>,
}

impl Narrowed {
    fn new(program: Program) -> Arc<Self> {
        Arc::new(Self { program: Arc::new(program), idle: Mutex::default() })
    }

    pub(crate) fn take(&self) -> Option<RegoVM> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    pub(crate) fn put_back(&self, machine: RegoVM) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(machine);
    }
}

impl Programs {
    pub(crate) fn new(mut whole: Program, compiled: &CompiledPolicy) -> Self {
        let mut scopes = Vec::new();
        let mut tools = HashMap::new();
        for name in SETS {
            let path = format!("{PACKAGE}.{name}");
            let Some(index) = whole.rule_infos.iter().position(|info| info.name == path) else { continue };
            let of_rule = scopes_of(compiled, PACKAGE, name);
            // Only when the two lists are of the same definitions can one be read beside the other.
            if of_rule.len() == whole.rule_infos[index].definitions.len() {
                for tool in of_rule.iter().flat_map(Scope::tools) {
                    let number = tools.len();
                    tools.entry(tool.clone()).or_insert(number);
                }
                scopes.push((index, of_rule));
            }
        }
        slim(&mut whole);
        Self {
            whole,
            scopes,
            tools,
            by_point: std::array::from_fn(|_| OnceLock::new()),
            by_tool: RwLock::default(),
        }
    }

    /// The program that answers this question.
    pub(crate) fn of(&self, question: &Question) -> Arc<Narrowed> {
        let point = question.point as usize;
        let Some(tool) = self.tools.get(&question.tool.name) else {
            return self.by_point[point].get_or_init(|| self.narrowed(question, None)).clone();
        };
        let key = (point, *tool);
        if let Some(known) = self.by_tool.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return known.clone();
        }
        let narrowed = self.narrowed(question, Some(&question.tool.name));
        let mut kept = self.by_tool.write().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= TOOL_COPIES_MAX {
            kept.clear();
        }
        kept.entry(key).or_insert(narrowed).clone()
    }

    fn narrowed(&self, question: &Question, tool: Option<&str>) -> Arc<Narrowed> {
        let mut program = self.whole.clone();
        let point = question.point.as_str();
        for (index, scopes) in &self.scopes {
            let info = &mut program.rule_infos[*index];
            let mut kept: Vec<usize> =
                (0..scopes.len()).filter(|at| scopes[*at].covers(point, tool)).collect();
            // A rule without any definition would be undefined instead of empty. The first one says nothing here.
            if kept.is_empty() {
                kept.push(0);
            }
            info.definitions = Arc::new(kept.iter().map(|at| info.definitions[*at].clone()).collect());
            if !info.else_bodies.is_empty() {
                info.else_bodies = kept.iter().map(|at| info.else_bodies[*at].clone()).collect();
            }
        }
        Narrowed::new(program)
    }
}

/// Takes out what only a reader needs, and what the machine would copy at every call of a rule to no effect.
fn slim(program: &mut Program) {
    program.sources.clear();
    program.instruction_spans.clear();
    for info in &mut program.rule_infos {
        info.name.clear();
        info.name.shrink_to_fit();
        if let Some(function) = &mut info.function_info {
            function.param_names.clear();
        }
        if info.else_bodies.iter().flatten().all(|is_else| !is_else) {
            info.else_bodies.clear();
        }
        if info.destructuring_blocks.iter().all(Option::is_none) {
            info.destructuring_blocks.clear();
        }
    }
}
