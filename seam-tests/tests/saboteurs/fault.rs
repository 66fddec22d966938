//! What is broken.

macro_rules! faults {
    ($( $(#[$doc:meta])* $fault:ident = $name:literal, )*) => {
        /// The one thing that a saboteur does wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Fault {
            /// Nothing: the wrappers themselves keep the contract.
            None,
            $( $(#[$doc])* $fault, )*
        }

        impl Fault {
            pub(crate) const ALL: &'static [Fault] = &[Fault::None, $( Fault::$fault, )*];

            /// The saboteur of this name in the table of clauses.
            pub(crate) fn named(name: &str) -> Option<Self> {
                match name {
                    $( $name => Some(Fault::$fault), )*
                    _ => None,
                }
            }
        }
    };
}

faults! {
    /// Bytes that do not load become an empty module.
    LoadsAnything = "loads_anything",
    /// `Unsupported` becomes `Engine`.
    HidesWhatItLacks = "hides_what_it_lacks",
    /// Instances are made on the thread that loaded the program, and on no other.
    StaysOnOneThread = "stays_on_one_thread",
    /// The interface is that of an empty module.
    ForgetsTheInterface = "forgets_the_interface",
    /// All instances of a program are the first one.
    SharesOneInstance = "shares_one_instance",
    /// Imports that do not fit give an empty instance.
    LinksNothing = "links_nothing",
    /// Limits that are not supported are left out.
    IgnoresLimits = "ignores_limits",
    /// A trap during instantiation is a link error.
    BlamesTheLinker = "blames_the_linker",
    /// What start functions did before they failed is lost.
    ForgetsWhatStartDid = "forgets_what_start_did",
    /// An unknown export is just that.
    ListsNoMatches = "lists_no_matches",
    /// Names match only if they are equal.
    MatchesVersionsExactly = "matches_versions_exactly",
    /// An ill-typed argument is just that.
    ForgetsThePath = "forgets_the_path",
    /// Numbers are one too many, and floats the negative.
    ChangesResults = "changes_results",
    /// Every trap is `Other`.
    ForgetsTheCause = "forgets_the_cause",
    /// After a trap there is no snapshot.
    IsBlindAfterATrap = "is_blind_after_a_trap",
    /// After a trap a component is made anew.
    ReopensComponents = "reopens_components",
    /// After a trap nothing can be called.
    ClosesAfterATrap = "closes_after_a_trap",
    /// `run` does nothing, and succeeds.
    RunsNothing = "runs_nothing",
    /// Without an entry, `run` calls the first function that takes nothing.
    GuessesAnEntry = "guesses_an_entry",
    /// There is one more core instance.
    ShowsAnInstanceTooMany = "shows_an_instance_too_many",
    /// A function of another instance is looked up by name.
    TakesAnyFunction = "takes_any_function",
    /// A handle of another instance stands for the first one of this.
    TakesAnyHandle = "takes_any_handle",
    /// Dropping what is gone is fine.
    ForgivesMovedResources = "forgives_moved_resources",
    /// A panic of a host function is `Engine`.
    BlamesTheEngineForPanics = "blames_the_engine_for_panics",
    /// Every limit is a trap.
    CallsLimitsTraps = "calls_limits_traps",
    /// The deadline is for all calls together.
    NeverStartsTheClockAnew = "never_starts_the_clock_anew",
    /// Snapshots have no globals.
    ShowsNoGlobals = "shows_no_globals",
    /// Snapshots have what the default query asks for.
    ForgetsTheQuery = "forgets_the_query",
    /// The world defines nothing, and stubs everything.
    ForgetsDefinitions = "forgets_definitions",
    /// The world has no limits.
    ForgetsLimits = "forgets_limits",
    /// Stubs trap.
    TrapsAtEveryStub = "traps_at_every_stub",
    /// The resources that are held come last first.
    ForgetsTheOrder = "forgets_the_order",
    /// There are no host calls.
    RecordsNothing = "records_nothing",
    /// A call that was not driven is driven when it is taken.
    TakesCallsEarly = "takes_calls_early",
    /// A call that is not in flight has no result.
    TakesAnyCall = "takes_any_call",
    /// A second call starts, and goes nowhere.
    StartsASecondCall = "starts_a_second_call",
    /// A call that was dropped stays in flight.
    KeepsDroppedCalls = "keeps_dropped_calls",

    /// Bytes that do not compile become an empty module.
    CompilesAnything = "compiles_anything",
    /// A second instance of a module is the first one.
    ReusesInstances = "reuses_instances",
    /// Limits that are not supported are left out.
    IgnoresStoreLimits = "ignores_store_limits",
    /// A module of another engine becomes an empty one.
    TakesForeignModules = "takes_foreign_modules",
    /// Bytes that do not compile make it panic.
    PanicsOnBadBytes = "panics_on_bad_bytes",
    /// Imports that do not fit give an empty instance.
    LinksAnything = "links_anything",
    /// Host functions do nothing during instantiation.
    IsDeafDuringStart = "is_deaf_during_start",
    /// A failed instantiation leaves imported memories as they were.
    UndoesWrites = "undoes_writes",
    /// Results are zero after an error.
    ClobbersResults = "clobbers_results",
    /// Every trap is `Other`.
    ForgetsCoreCauses = "forgets_core_causes",
    /// Errors of host functions become `Engine`.
    WrapsHostErrors = "wraps_host_errors",
    /// A global of another store is zero.
    TakesForeignGlobals = "takes_foreign_globals",
    /// After a trap nothing can be called.
    DiesOfATrap = "dies_of_a_trap",
    /// NaNs that are returned are canonical.
    CanonicalisesNans = "canonicalises_nans",
    /// Every limit is a trap.
    CallsStoreLimitsTraps = "calls_store_limits_traps",
    /// Host functions cannot call.
    NeverCallsBack = "never_calls_back",
    /// Host functions see no exports of their caller.
    HidesTheCaller = "hides_the_caller",
    /// What traps makes it panic.
    PanicsOnTraps = "panics_on_traps",
    /// The first and the last import of each kind change places.
    SwapsImports = "swaps_imports",
    /// A module is instantiated once more than asked for.
    InstantiatesTwice = "instantiates_twice",
    /// Results come last first.
    ReversesResults = "reverses_results",
    /// The upper half of vectors that are returned is zero.
    DropsHighLanes = "drops_high_lanes",
    /// The host's reference 0 is passed as null.
    TakesZeroForNull = "takes_zero_for_null",
    /// Each function that is returned is the one that was returned first.
    MixesUpFunctions = "mixes_up_functions",
    /// No fuel is ever used.
    CountsNoFuel = "counts_no_fuel",
    /// Instances of a module export what the first one does.
    ConfusesInstances = "confuses_instances",
    /// Globals and the sizes of memories stay as they were seen first.
    RemembersWhatItSaw = "remembers_what_it_saw",
    /// An instance that failed is given again and again.
    RepeatsFailedInstances = "repeats_failed_instances",
    /// Every second call of the host does nothing.
    SkipsEverySecondHostCall = "skips_every_second_host_call",
    /// Results of the host hold at first what they held last.
    LeavesOldResults = "leaves_old_results",
    /// Host functions that failed still count as running.
    CountsFailuresAsLevels = "counts_failures_as_levels",
    /// Indices of tables have 32 bits.
    TruncatesIndices = "truncates_indices",
    /// There is one memory, the first that was asked for.
    ConfusesMemories = "confuses_memories",
    /// Host functions see the exports of whoever called first.
    ConfusesCallers = "confuses_callers",
    /// Host functions see a function `start` of every caller.
    ShowsMoreExports = "shows_more_exports",
}
