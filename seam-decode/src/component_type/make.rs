//! Makes the plan and the interface of a core module that has a world of its own.

use seam_core::{ArtifactKind, CoreFuncType, CorePath, CoreType, Interface, Result};

use super::export::{Export, core_name, exports, typed};
use super::import::{Imports, imports};
use super::world::{Side, World, WorldResource};
use crate::module::{BoundExport, ExportChoice, Later, Parts, Scan, TypedModule, link};
use crate::pass::unknown;
use crate::plan::{
    ComponentInstance, CoreInstance, CoreItem, CoreModuleDef, Func, Instance, Lift, ModuleRef,
    Options, Plan, ResourceDef, ResourceOrigin, Step,
};
use crate::types::ResourceId;

/// The core instance of the module in its plan.
const MODULE: usize = 0;

/// The export that is called once, before any other.
const INITIALIZE: &str = "_initialize";

/// Exports of a module with threads, which the lifted functions would have to call first.
const INIT_TASK: [&str; 2] = ["__wasm_init_task", "__wasm_init_async_task"];

pub(super) fn make(scan: &Scan, world: &World, len: usize) -> Result<TypedModule> {
    if let Some(found) = INIT_TASK.iter().find(|name| scan.func(name).is_some()) {
        return Err(link(
            format!("export `{found}`"),
            "expected no function that every task must call first, found one",
        ));
    }
    let (world_imports, world_exports) = (world.imports.clone(), world.exports.clone());
    let kind = ArtifactKind::CoreModule;
    let all = Interface::new(kind, world_imports, world_exports, Vec::new());
    let exports = exports(scan, world, all.export_funcs().iter().map(|(name, _)| name))?;
    let Imports {
        items,
        funcs,
        raw,
        bound,
        later,
    } = imports(scan, world, all.import_funcs().iter().map(|(name, _)| name))?;
    let mut plan = begin(scan, items, later, len);
    plan.imports = funcs;
    for (position, resource) in world.resources.iter().enumerate() {
        let id = ResourceId(u32::try_from(position).map_err(|_| unknown())?);
        add_resource(&mut plan, scan, id, resource)?;
    }
    for export in &exports {
        add_export(&mut plan, export);
    }
    if scan.func(INITIALIZE).is_some() {
        let wanted = CoreFuncType::default();
        let checked = typed(scan, INITIALIZE, &wanted, "the function");
        checked.map_err(|e| link(format!("export `{INITIALIZE}`"), &e))?;
        plan.initialize = Some(item(&mut plan, INITIALIZE));
    }
    plan.steps.push(Step::End(0));
    Ok(TypedModule::new(Parts {
        module: (scan.ty.clone(), len),
        items: (all.imports(), all.exports()),
        raw,
        plan,
        exports: exports
            .into_iter()
            .map(|export| BoundExport {
                name: export.name,
                chosen: Ok(export.choice),
            })
            .collect(),
        imports: bound,
    }))
}

/// Plans everything up to the instantiation, and the exports that the imported functions use.
fn begin(scan: &Scan, items: Vec<CoreItem>, later: Later, len: usize) -> Plan {
    let mut plan = Plan {
        component_instances: vec![ComponentInstance {
            parent: None,
            path: CorePath::default(),
            instance: 0,
            handles: 0,
            args: Vec::new(),
            core_funcs: Vec::new(),
        }],
        instances: vec![Instance::default()],
        modules: vec![CoreModuleDef {
            range: 0..len,
            ty: scan.ty.clone(),
        }],
        core_instances: vec![CoreInstance {
            module: ModuleRef::Defined(0),
            imports: (0..items.len()).collect(),
            component_instance: 0,
        }],
        ..Plan::default()
    };
    plan.steps.push(Step::Begin(0));
    plan.steps.extend((0..items.len()).map(Step::CoreItem));
    plan.core_items = items;
    plan.steps.push(Step::CoreInstance(MODULE));
    for item in later.into_items(MODULE) {
        plan.steps.push(Step::CoreItem(plan.core_items.len()));
        plan.core_items.push(item);
    }
    plan
}

/// Adds an export of the module as a core item.
fn item(plan: &mut Plan, name: &str) -> usize {
    let index = plan.core_items.len();
    plan.core_items.push(CoreItem::Export(MODULE, name.into()));
    plan.steps.push(Step::CoreItem(index));
    index
}

fn add_resource(
    plan: &mut Plan,
    scan: &Scan,
    id: ResourceId,
    resource: &WorldResource,
) -> Result<()> {
    let origin = match resource.side {
        Side::Import => ResourceOrigin::Host(resource.name.clone()),
        Side::Export => {
            let dtor = core_name(&resource.name, &format!("[dtor]{}", resource.name.item()));
            let dtor = match scan.func(&dtor) {
                None => None,
                Some(_) => {
                    let wanted = CoreFuncType::new([CoreType::I32], []);
                    let checked = typed(scan, &dtor, &wanted, "a destructor");
                    checked.map_err(|e| link(format!("resource `{}`", resource.name), &e))?;
                    Some(item(plan, &dtor))
                }
            };
            plan.steps.push(Step::Resource(id));
            ResourceOrigin::Guest { instance: 0, dtor }
        }
    };
    plan.resources.push(ResourceDef {
        name: resource.ty.clone(),
        origin,
    });
    Ok(())
}

fn add_export(plan: &mut Plan, export: &Export<'_>) {
    let ExportChoice {
        func,
        memory,
        realloc,
        post_return,
        callback,
    } = &export.choice;
    let core = item(plan, &func.export);
    let mut optional = |name: Option<&str>| name.map(|name| item(plan, name));
    let memory = optional(memory.as_ref().map(|it| it.export.as_str()));
    let realloc = optional(realloc.as_ref().map(|it| it.export.as_str()));
    let post_return = optional(post_return.as_deref());
    let callback = optional(callback.as_deref());
    let index = plan.lifts.len();
    plan.lifts.push(Lift {
        core,
        ty: export.func.ty.clone(),
        options: Options {
            instance: 0,
            memory,
            realloc,
            encoding: export.func.encoding,
            is_async: export.is_async,
            gc: false,
        },
        post_return,
        callback,
    });
    plan.steps.push(Step::Lift(index));
    plan.exports.push(Func::Lifted(index));
}
