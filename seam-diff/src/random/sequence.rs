//! Sequences of calls in one instance, made up while the first run performs them.

use std::collections::BTreeMap;
use std::sync::Arc;

use seam_core::{FuncType, Resource, Type};

use crate::observe::Session;
use crate::scope::owned_types;
use crate::{Ended, Loaded, Observation, Step};

use super::func::Function;
use super::rng::Rng;
use super::tier::Tier;
use super::values::{self, Resources};

/// Most calls in one instance.
const LENGTH: usize = 12;

/// Most resources in one result that get names.
const NAMES: usize = 8;

/// How many calls of one function may reach a limit before it is called no more. Each of them can
/// take as long as the deadline allows, in every run.
const LIMITED: usize = 3;

/// A sequence of calls, and what the first run did.
pub(crate) struct Sequence {
    pub(crate) steps: Vec<Step>,
    /// For each step, the function that it calls.
    pub(crate) funcs: Vec<Option<usize>>,
    pub(crate) observation: Observation,
}

impl Sequence {
    /// Returns the number of calls.
    pub(crate) fn calls(&self) -> usize {
        self.funcs.iter().flatten().count()
    }
}

/// Makes up a sequence of at most `most` calls. It may be empty if no function can be called.
pub(crate) fn explore(
    runs: &[Loaded],
    tier: &Tier,
    funcs: &mut [Function],
    rng: &mut Rng,
    most: usize,
) -> Option<Sequence> {
    let first = tier.runs.first().and_then(|run| runs.get(*run))?;
    let mut explorer = Explorer {
        tier,
        funcs,
        rng,
        session: first.start(),
        steps: Vec::new(),
        called: Vec::new(),
        homes: BTreeMap::new(),
        given: BTreeMap::new(),
    };
    let length = most.min(1 + explorer.rng.below(LENGTH));
    explorer.call_all(length, tier.ends_at_traps(runs));
    explorer.drop_some();
    Some(Sequence {
        steps: explorer.steps,
        funcs: explorer.called,
        observation: explorer.session.finish(),
    })
}

struct Explorer<'a> {
    tier: &'a Tier,
    funcs: &'a mut [Function],
    rng: &'a mut Rng,
    session: Session,
    steps: Vec<Step>,
    called: Vec<Option<usize>>,
    /// The component whose function returned the resource of a variable.
    homes: BTreeMap<Arc<str>, Option<Arc<str>>>,
    /// How many variables have a label.
    given: BTreeMap<String, usize>,
}

impl Explorer<'_> {
    fn call_all(&mut self, most: usize, ends_at_traps: bool) {
        let mut attempts = 0;
        while self.called.iter().flatten().count() < most && attempts < 4 * LENGTH {
            attempts += 1;
            let Some(func) = self.pick() else {
                return;
            };
            let func = self.or_a_maker(func);
            if !self.call(func) {
                continue;
            }
            let last = self.session.last();
            let ended = last
                .is_some_and(|last| last.open().is_some() || (ends_at_traps && !last.returned()));
            if ended || self.session.is_closed() {
                return;
            }
        }
    }

    /// Picks a function: half of the time one that was called least, in proportion to what its calls
    /// can show.
    fn pick(&mut self) -> Option<usize> {
        let open = |index: &&usize| {
            let func = self.funcs.get(**index);
            func.is_some_and(|func| func.excluded.is_none() && func.limited < LIMITED)
        };
        let own: Vec<usize> = self.tier.own.iter().filter(open).copied().collect();
        if own.is_empty() || self.rng.once_in(2) {
            let open: Vec<usize> = self.tier.funcs.iter().filter(open).copied().collect();
            return self.rng.one_of(&open).copied();
        }
        let turns = |index: &usize| {
            let func = self.funcs.get(*index)?;
            // Without arguments, only the state of the instance can make a difference.
            Some(func.calls * if func.ty.params.is_empty() { 4 } else { 1 })
        };
        let least = own.iter().filter_map(turns).min()?;
        let least: Vec<usize> = own
            .into_iter()
            .filter(|index| turns(index) == Some(least))
            .collect();
        self.rng.one_of(&least).copied()
    }

    /// Returns the function, or one that makes a resource which it needs and which there is not.
    fn or_a_maker(&mut self, func: usize) -> usize {
        let mut func = func;
        // A maker may need a resource itself.
        for _ in 0..4 {
            let Some(lacking) = self.lacking(func) else {
                return func;
            };
            let makers = self.tier.funcs.iter().filter(|index| {
                let maker = self.funcs.get(**index);
                maker.is_some_and(|maker| {
                    maker.excluded.is_none() && maker.makes().iter().any(|ty| **ty == lacking)
                })
            });
            let makers: Vec<usize> = makers.copied().collect();
            match self.rng.one_of(&makers) {
                Some(maker) => func = *maker,
                None => return func,
            }
        }
        func
    }

    /// Returns the type of a resource that a function needs and that there is not.
    fn lacking(&self, func: usize) -> Option<seam_core::ResourceType> {
        let func = self.funcs.get(func)?;
        let held = self.session.resources();
        let mut needs = func.needs().into_iter();
        needs
            .find(|ty| !held.iter().any(|(_, held)| held.ty() == *ty))
            .cloned()
    }

    /// Calls a function. Returns whether the call was made.
    fn call(&mut self, index: usize) -> bool {
        let Some(func) = self.funcs.get_mut(index) else {
            return false;
        };
        let mut pool = Pool::new(func, self.session.resources(), &self.homes);
        let Some(args) = values::args(&func.ty, self.rng, func.calls, &mut pool) else {
            return false;
        };
        let from = pool.homes();
        let names = result_names(&func.ty, &self.given);
        let mut step = Step::Invoke {
            name: func.name.clone(),
            args,
            results: names.clone(),
        };
        self.session.perform(&step);
        match self.session.last() {
            // The arguments were refused before the guest ran.
            Some(Ended::Failed("misuse", why)) => {
                match from.is_empty() {
                    true => func.excluded = Some(why.clone()),
                    false => func.refuses.extend(from),
                }
                self.session.forget_refused();
                return false;
            }
            Some(Ended::Failed("link", why) | Ended::Unsupported(_, why)) => {
                func.excluded = Some(why.clone());
                self.session.forget_refused();
                return false;
            }
            _ => {}
        }
        func.calls += 1;
        let home = func.home();
        let held = self.session.resources();
        let bound = names
            .iter()
            .filter(|name| held.iter().any(|(held, _)| held == *name));
        let bound: Vec<Arc<str>> = bound.cloned().collect();
        for name in &bound {
            self.homes.insert(name.clone(), home.clone());
        }
        if let Some(label) = result_label(&func.ty) {
            *self.given.entry(label).or_default() += bound.len();
        }
        if bound.len() < names.len() {
            if let Step::Invoke { results, .. } = &mut step {
                *results = bound;
            }
            self.session.describe_last(&step);
        }
        self.steps.push(step);
        self.called.push(Some(index));
        true
    }

    /// Drops most resources at the end. The others stay with the host.
    fn drop_some(&mut self) {
        let mut held: Vec<Arc<str>> = (self.session.resources().into_iter())
            .map(|(name, _)| name)
            .collect();
        while !held.is_empty() && !self.session.is_closed() {
            let name = held.swap_remove(self.rng.below(held.len()));
            if self.rng.once_in(4) {
                continue;
            }
            let step = Step::Drop(name);
            self.session.perform(&step);
            self.steps.push(step);
            self.called.push(None);
            if self.session.last().is_some_and(|last| !last.returned()) {
                return;
            }
        }
    }
}

/// Returns names for the resources in a result: `counter`, `counter-2` and so on.
fn result_names(ty: &FuncType, given: &BTreeMap<String, usize>) -> Vec<Arc<str>> {
    let Some(label) = result_label(ty) else {
        return Vec::new();
    };
    // A list can have any number of resources. Names that stand for none are taken back.
    let most = if matches!(ty.result, Some(Type::Own(_))) {
        1
    } else {
        NAMES
    };
    let given = given.get(&label).copied().unwrap_or_default();
    let name = |number| match number {
        1 => label.as_str().into(),
        number => format!("{label}-{number}").into(),
    };
    (given + 1..=given + most).map(name).collect()
}

/// Returns the label of the first resource type in a result.
fn result_label(ty: &FuncType) -> Option<String> {
    let types: Vec<_> = ty.result.iter().flat_map(owned_types).collect();
    let label = types.first()?.label();
    let is_name = !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    Some(if is_name { label } else { "resource" }.to_string())
}

/// The name of a resource, its handle, and the component instance that it can be passed to.
type Kept = (Arc<str>, Resource, Option<Arc<str>>);

/// The resources that one call can be given.
struct Pool {
    free: Vec<Kept>,
    /// Resources that the call borrows. They cannot be taken away too.
    lent: Vec<Kept>,
    home: Option<Arc<str>>,
    /// The other components whose resources the call was given.
    foreign: Vec<Option<Arc<str>>>,
}

impl Pool {
    fn new(
        func: &Function,
        held: Vec<(Arc<str>, Resource)>,
        homes: &BTreeMap<Arc<str>, Option<Arc<str>>>,
    ) -> Self {
        let free = held.into_iter().map(|(name, resource)| {
            let home = homes.get(&name).cloned().flatten();
            (name, resource, home)
        });
        Self {
            free: free
                .filter(|(_, _, home)| !func.refuses.contains(home))
                .collect(),
            lent: Vec::new(),
            home: func.home(),
            foreign: Vec::new(),
        }
    }

    /// Returns the other components whose resources the call was given.
    fn homes(self) -> Vec<Option<Arc<str>>> {
        self.foreign
    }
}

impl Resources for Pool {
    fn give(&mut self, ty: &Type, rng: &mut Rng) -> Option<Resource> {
        let (Type::Own(wanted) | Type::Borrow(wanted)) = ty else {
            return None;
        };
        let owned = matches!(ty, Type::Own(_));
        let candidates = |list: &[Kept]| {
            let found = list.iter().enumerate();
            let found = found.filter(|(_, (_, held, _))| held.ty() == wanted);
            found
                .map(|(at, (_, _, home))| (at, home.clone()))
                .collect::<Vec<_>>()
        };
        // A resource can be borrowed twice.
        if !owned && rng.once_in(2) {
            let lent = candidates(&self.lent);
            if let Some((name, held, _)) = rng.one_of(&lent).and_then(|(at, _)| self.lent.get(*at))
            {
                return Some(Resource::variable(held.ty().clone(), name.clone()));
            }
        }
        let mut found = candidates(&self.free);
        if found.iter().any(|(_, home)| *home == self.home) {
            found.retain(|(_, home)| *home == self.home);
        }
        let (at, home) = rng.one_of(&found)?.clone();
        if home != self.home {
            self.foreign.push(home);
        }
        let taken = self.free.swap_remove(at);
        let variable = Resource::variable(taken.1.ty().clone(), taken.0.clone());
        if !owned {
            self.lent.push(taken);
        }
        Some(variable)
    }
}
