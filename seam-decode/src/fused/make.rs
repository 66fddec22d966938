//! Makes the plan and the interface of a fused module.

use std::sync::Arc;

use seam_core::{CorePath, ExportName, Result};

use super::choose::Known;
use super::export::{exports, inner_exports};
use super::import::{Imports, imports};
use super::resource::{Builtin, HandleTable, builtins, destructor, table};
use crate::module::{BoundExport, ExportChoice, Later, Op, Parts, TypedModule};
use crate::pass::unknown;
use crate::plan::{
    ComponentInstance, CoreInstance, CoreItem, CoreModuleDef, Func, Instance, Lift, ModuleRef,
    Options, Plan, ResourceDef, ResourceOrigin, Step,
};
use crate::types::ResourceId;

/// The core instance of the fused module in its plan.
const FUSED: usize = 0;

pub(super) fn make(known: &Known<'_>, len: usize) -> Result<TypedModule> {
    let funcs = known.unfused.interface.export_funcs();
    let core_imports = &known.fused.ty.imports;
    known.check_given(|name| {
        let imported = |(module, field, _): &(Arc<str>, Arc<str>, _)| {
            *name == ExportName::in_instance(module.clone(), field.clone())
        };
        funcs.iter().any(|(export, _)| export == name) || core_imports.iter().any(imported)
    })?;
    // The exports come first: they tell whether this is the right composition at all.
    let exports = exports(known)?;
    let tables = HandleTable::all(known);
    let builtins = builtins(known);
    let Imports {
        items,
        funcs,
        raw,
        bound,
        later,
        lifted,
    } = imports(known, &builtins, &tables)?;
    let mut made = Making {
        known,
        tables,
        plan: Plan::default(),
    };
    made.begin(items, funcs, len);
    made.later(later);
    made.lifted(&lifted)?;
    made.resources(&builtins)?;
    made.exports(&exports)?;
    made.inner_exports()?;
    made.end();
    let plan = made.plan;
    let unfused = &known.unfused.interface;
    Ok(TypedModule::new(Parts {
        module: (known.fused.ty.clone(), len),
        items: (unfused.imports(), unfused.exports()),
        raw,
        plan,
        exports,
        imports: bound,
    }))
}

struct Making<'k, 'a> {
    known: &'k Known<'a>,
    tables: Vec<HandleTable<'a>>,
    plan: Plan,
}

impl Making<'_, '_> {
    /// Plans everything up to the instantiation.
    fn begin(&mut self, items: Vec<CoreItem>, funcs: Vec<crate::Import>, len: usize) {
        let plan = &mut self.plan;
        let instances = self.known.unfused.plan.component_instances.iter();
        plan.component_instances = instances
            .map(|instance| ComponentInstance {
                parent: instance.parent,
                path: CorePath::default(),
                instance: 0,
                handles: 0,
                args: Vec::new(),
                core_funcs: Vec::new(),
            })
            .collect();
        plan.instances = vec![Instance::default()];
        plan.components = self.known.unfused.plan.components;
        plan.modules = vec![CoreModuleDef {
            range: 0..len,
            ty: self.known.fused.ty.clone(),
        }];
        plan.imports = funcs;
        let begins = (0..plan.component_instances.len()).map(Step::Begin);
        plan.steps.extend(begins);
        plan.steps.extend((0..items.len()).map(Step::CoreItem));
        plan.core_instances = vec![CoreInstance {
            module: ModuleRef::Defined(0),
            imports: (0..items.len()).collect(),
            component_instance: 0,
        }];
        plan.core_items = items;
        plan.steps.push(Step::CoreInstance(FUSED));
    }

    /// Adds the exports that the imported functions use, right after the core items of the imports.
    fn later(&mut self, later: Later) {
        for item in later.into_items(FUSED) {
            let index = self.plan.core_items.len();
            self.plan.steps.push(Step::CoreItem(index));
            self.plan.core_items.push(item);
        }
    }

    /// Plans the lifted functions that imports are.
    fn lifted(&mut self, lifted: &[(usize, ExportChoice)]) -> Result<()> {
        for (index, choice) in lifted {
            let lifts = &self.known.unfused.plan.lifts;
            let lift = self.lift(lifts.get(*index).ok_or_else(unknown)?, choice);
            self.add_lift(lift);
        }
        Ok(())
    }

    fn end(&mut self) {
        let ends = (0..self.plan.component_instances.len())
            .rev()
            .map(Step::End);
        self.plan.steps.extend(ends);
    }

    /// Adds an export of the fused module as a core item.
    fn item(&mut self, name: &str) -> usize {
        let index = self.plan.core_items.len();
        self.plan
            .core_items
            .push(CoreItem::Export(FUSED, name.into()));
        self.plan.steps.push(Step::CoreItem(index));
        index
    }

    /// Plans the resource types, with their destructors or with the module's own handle tables.
    fn resources(&mut self, builtins: &[Builtin<'_>]) -> Result<()> {
        let known = self.known;
        for (position, def) in known.unfused.plan.resources.iter().enumerate() {
            let id = ResourceId(u32::try_from(position).map_err(|_| unknown())?);
            let ResourceOrigin::Guest { instance, .. } = def.origin else {
                self.plan.resources.push(def.clone());
                continue;
            };
            let defining = builtins.iter().find(|b| b.resource == id && b.name.defines);
            let number = known
                .part_of(instance)
                .and_then(|part| known.parts.get(part)?.number);
            let found = defining
                .and_then(|b| table(&self.tables, number, b.name.interface, b.name.resource));
            let exports = found.map(|table| (table.export(Op::Rep), table.export(Op::Drop)));
            let dtor = destructor(known, id, instance, defining)?;
            let dtor = dtor.map(|export| self.item(&export));
            let origin = match exports {
                Some((rep, drop)) => ResourceOrigin::Table {
                    instance,
                    rep: self.item(&rep),
                    drop: self.item(&drop),
                },
                None => ResourceOrigin::Guest { instance, dtor },
            };
            self.plan.resources.push(ResourceDef {
                name: def.name.clone(),
                origin,
            });
            self.plan.steps.push(Step::Resource(id));
        }
        Ok(())
    }

    /// Plans the exported functions.
    fn exports(&mut self, bound: &[BoundExport]) -> Result<()> {
        for (export, func) in bound.iter().zip(&self.known.unfused.plan.exports) {
            let planned = self.func(export, *func)?;
            self.plan.exports.push(planned);
        }
        Ok(())
    }

    /// Plans the functions that inner component instances export, under the names that they have in
    /// the composition and under their core names.
    fn inner_exports(&mut self) -> Result<()> {
        for (export, func) in inner_exports(self.known)? {
            let planned = self.func(&export, func)?;
            let core = export.chosen.ok().map(|choice| choice.func.export);
            let core = core.and_then(|name| name.parse().ok());
            self.plan.inner.push((export.name, planned));
            self.plan.inner.extend(core.map(|name| (name, planned)));
        }
        Ok(())
    }

    fn func(&mut self, export: &BoundExport, func: Func) -> Result<Func> {
        Ok(match (&export.chosen, func) {
            (Ok(choice), Func::Lifted(index)) => {
                let lift = self
                    .known
                    .unfused
                    .plan
                    .lifts
                    .get(index)
                    .ok_or_else(unknown)?;
                let lift = self.lift(lift, choice);
                Func::Lifted(self.add_lift(lift))
            }
            (Err(message), _) => {
                let index = self.plan.undecided.len();
                let message = format!("export `{}`: {message}", export.name);
                self.plan.undecided.push(message);
                Func::Undecided(index)
            }
            (Ok(_), _) => return Err(unknown()),
        })
    }

    fn add_lift(&mut self, lift: Lift) -> usize {
        let index = self.plan.lifts.len();
        self.plan.lifts.push(lift);
        self.plan.steps.push(Step::Lift(index));
        index
    }

    fn lift(&mut self, lift: &Lift, choice: &ExportChoice) -> Lift {
        let core = self.item(&choice.func.export);
        let mut item = |chosen: Option<&str>| chosen.map(|export| self.item(export));
        let memory = item(choice.memory.as_ref().map(|it| it.export.as_str()));
        let realloc = item(choice.realloc.as_ref().map(|it| it.export.as_str()));
        let post_return = item(choice.post_return.as_deref());
        let callback = item(choice.callback.as_deref());
        Lift {
            core,
            ty: lift.ty.clone(),
            options: Options {
                memory,
                realloc,
                ..lift.options
            },
            post_return,
            callback,
        }
    }
}
