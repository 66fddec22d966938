//! The faults of the saboteurs.

macro_rules! faults {
    ($( $(#[$doc:meta])* $fault:ident = $name:literal, )*) => {
        /// The only thing that a saboteur does wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Fault {
            /// None: the wrappers themselves keep the contract.
            None,
            $( $(#[$doc])* $fault, )*
        }

        impl Fault {
            pub(crate) const ALL: &'static [Fault] = &[Fault::None, $( Fault::$fault, )*];

            /// Returns the saboteur with this name in the table of clauses.
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
    /// Instances can be created only on the thread that loaded the program.
    StaysOnOneThread = "stays_on_one_thread",
    /// The interface is that of an empty module.
    ForgetsTheInterface = "forgets_the_interface",
    /// All instances of a program are the first one.
    SharesOneInstance = "shares_one_instance",
    /// Imports that do not fit give an empty instance.
    LinksNothing = "links_nothing",
    /// Unsupported limits are ignored.
    IgnoresLimits = "ignores_limits",
    /// A trap during instantiation is a link error.
    BlamesTheLinker = "blames_the_linker",
    /// Effects of failed start functions are lost.
    ForgetsWhatStartDid = "forgets_what_start_did",
    /// The error for an unknown export lists no near matches.
    ListsNoMatches = "lists_no_matches",
    /// Names match only if they are equal.
    MatchesVersionsExactly = "matches_versions_exactly",
    /// The error for an ill-typed argument has no path.
    ForgetsThePath = "forgets_the_path",
    /// Numbers are one too large, and floats are negated.
    ChangesResults = "changes_results",
    /// Every trap is `Other`.
    ForgetsTheCause = "forgets_the_cause",
    /// After a trap there is no snapshot.
    IsBlindAfterATrap = "is_blind_after_a_trap",
    /// After a trap, the component is instantiated again.
    ReopensComponents = "reopens_components",
    /// After a trap nothing can be called.
    ClosesAfterATrap = "closes_after_a_trap",
    /// `run` does nothing, and succeeds.
    RunsNothing = "runs_nothing",
    /// Without an entry, `run` calls the first function that takes nothing.
    GuessesAnEntry = "guesses_an_entry",
    /// There is one core instance too many.
    ShowsAnInstanceTooMany = "shows_an_instance_too_many",
    /// A function of another instance is looked up by name.
    TakesAnyFunction = "takes_any_function",
    /// A handle of another instance refers to the first resource of this instance.
    TakesAnyHandle = "takes_any_handle",
    /// Dropping a dropped resource succeeds.
    ForgivesMovedResources = "forgives_moved_resources",
    /// A panic of a host function is `Engine`.
    BlamesTheEngineForPanics = "blames_the_engine_for_panics",
    /// Every limit is a trap.
    CallsLimitsTraps = "calls_limits_traps",
    /// The deadline applies to all calls together.
    NeverStartsTheClockAnew = "never_starts_the_clock_anew",
    /// Every world has the same seed of the schedule.
    HasASeedOfItsOwn = "has_a_seed_of_its_own",
    /// Snapshots have no globals.
    ShowsNoGlobals = "shows_no_globals",
    /// Snapshots contain what the default query selects.
    ForgetsTheQuery = "forgets_the_query",
    /// The world defines nothing, and stubs everything.
    ForgetsDefinitions = "forgets_definitions",
    /// The world has no limits.
    ForgetsLimits = "forgets_limits",
    /// Stubs trap.
    TrapsAtEveryStub = "traps_at_every_stub",
    /// The held resources are in reverse order.
    ForgetsTheOrder = "forgets_the_order",
    /// No host calls are recorded.
    RecordsNothing = "records_nothing",
    /// A call that was not driven is driven when its result is taken.
    TakesCallsEarly = "takes_calls_early",
    /// A call that is not in flight has no result.
    TakesAnyCall = "takes_any_call",
    /// A second call starts, but is never driven.
    StartsASecondCall = "starts_a_second_call",
    /// A call that was dropped stays in flight.
    KeepsDroppedCalls = "keeps_dropped_calls",
    /// A call in one has no result.
    ForgetsResultsInOne = "forgets_results_in_one",

    /// Bytes that do not compile become an empty module.
    CompilesAnything = "compiles_anything",
    /// A second instance of a module is the first one.
    ReusesInstances = "reuses_instances",
    /// Unsupported limits are ignored.
    IgnoresStoreLimits = "ignores_store_limits",
    /// A module of another engine becomes an empty module.
    TakesForeignModules = "takes_foreign_modules",
    /// Compiling invalid bytes panics.
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
    /// A trap becomes a panic.
    PanicsOnTraps = "panics_on_traps",
    /// The first and the last import of each kind are swapped.
    SwapsImports = "swaps_imports",
    /// Each module is instantiated twice.
    InstantiatesTwice = "instantiates_twice",
    /// Results are in reverse order.
    ReversesResults = "reverses_results",
    /// The upper half of returned vectors is zero.
    DropsHighLanes = "drops_high_lanes",
    /// The host's reference 0 is passed as null.
    TakesZeroForNull = "takes_zero_for_null",
    /// Each returned reference is the one of its kind that was returned first.
    MixesUpReferences = "mixes_up_references",
    /// A call that ends with an error of the host returns zeroes.
    OverlooksHostErrors = "overlooks_host_errors",
    /// No fuel is ever used.
    CountsNoFuel = "counts_no_fuel",
    /// Instances of a module export what the first one does.
    ConfusesInstances = "confuses_instances",
    /// Globals and sizes of memories never change after the first read.
    RemembersWhatItSaw = "remembers_what_it_saw",
    /// A failed instance is returned again and again.
    RepeatsFailedInstances = "repeats_failed_instances",
    /// Every second call of a host function does nothing.
    SkipsEverySecondHostCall = "skips_every_second_host_call",
    /// The results of a host function initially contain those of the previous call.
    LeavesOldResults = "leaves_old_results",
    /// Host functions that failed still count as running.
    CountsFailuresAsLevels = "counts_failures_as_levels",
    /// Indices of tables have 32 bits.
    TruncatesIndices = "truncates_indices",
    /// Every memory is the first one that was looked up.
    ConfusesMemories = "confuses_memories",
    /// The high half of the first result of a call over bits is zero.
    LosesHighHalves = "loses_high_halves",
    /// Bytes are copied one by one, from the first one on.
    CopiesForwards = "copies_forwards",
    /// A suspended call is resumed with zeroes.
    ResumesWithZeroes = "resumes_with_zeroes",
    /// Host functions see the exports of the first caller.
    ConfusesCallers = "confuses_callers",
    /// Host functions find an additional export `start` in every caller.
    ShowsMoreExports = "shows_more_exports",

    /// While a call is in flight, no other can start.
    RefusesASecondCall = "refuses_a_second_call",
    /// A call whose driving was interrupted cannot be driven again.
    ForgetsInterruptedCalls = "forgets_interrupted_calls",
    /// No waitable joins a set.
    ForgetsJoins = "forgets_joins",
    /// A lowered function says that the callee waits to start, whatever its state is.
    ReportsCallsAsStarting = "reports_calls_as_starting",
    /// Backpressure is neither raised nor lowered.
    ForgetsBackpressure = "forgets_backpressure",
    /// An instance with backpressure holds back calls of every function.
    HoldsBackEverything = "holds_back_everything",
    /// Neither calls nor copies are cancelled.
    ForgetsCancellations = "forgets_cancellations",
    /// Ends, sets and subtasks are never dropped.
    ForgetsDrops = "forgets_drops",
    /// Copies claim an element too many.
    MiscountsCopies = "miscounts_copies",
    /// No callback is called after a task has returned.
    AbandonsReturnedTasks = "abandons_returned_tasks",
    /// New threads never run.
    ForgetsThreads = "forgets_threads",
}
