//! Generates the table of cases and `conformance!` from the list of cases.

/// Generates the table of cases, and the macro that generates a test for each case.
///
/// `$d` is a dollar sign for the inner macro.
macro_rules! cases {
    ($d:tt
        backend { $( $area:ident $text:literal {
            $( $name:ident $(needs $($needs:ident)+)? ,)*
        } )* }
        // The cases of the feature `wasi`.
        wasi { $( $wasi_area:ident $wasi_text:literal {
            $( $wasi_name:ident $(needs $($wasi_needs:ident)+)? ,)*
        } )* }
        engine { $( $engine_area:ident $engine_text:literal {
            $( $engine_name:ident $(needs $($engine_needs:ident)+)? ,)*
        } )* }
    ) => {
        const CASES: &[Case] = &[
            $( $( Case {
                name: stringify!($name),
                area: $text,
                on: On::Backend,
                needs: &[$( $( seam_core::Capability::$needs, )+ )?],
                run: case::$area::$name,
            }, )* )*
            $( $(
                #[cfg(feature = "wasi")]
                Case {
                    name: stringify!($wasi_name),
                    area: $wasi_text,
                    on: On::Backend,
                    needs: &[$( $( seam_core::Capability::$wasi_needs, )+ )?],
                    run: case::$wasi_area::$wasi_name,
                },
            )* )*
            $( $( Case {
                name: stringify!($engine_name),
                area: $engine_text,
                on: On::Engine,
                needs: &[$( $( seam_core::Capability::$engine_needs, )+ )?],
                run: case::$engine_area::$engine_name,
            }, )* )*
        ];

        /// Generates one `#[test]` for each case of the kit.
        ///
        /// ```ignore
        /// // A backend alone:
        /// seam_tests::conformance!(backend = Toy::new());
        /// // A backend, the core engine it is made of, and what is known to fail; several builds
        /// // each in a module of their own:
        /// mod everything_on {
        ///     seam_tests::conformance!(
        ///         backend = Toy::new(),
        ///         engine = ToyEngine::new(),
        ///         known_failures = KNOWN_FAILURES,
        ///     );
        /// }
        /// ```
        ///
        /// Each test evaluates the expressions again. `known_failures` is a slice of
        /// [`KnownFailure`](crate::kit::KnownFailure)s.
        #[macro_export]
        macro_rules! conformance {
            (backend = $d backend:expr $d(, known_failures = $d known:expr)? $d(,)?) => {
                fn subject() -> $d crate::kit::Subject {
                    $d crate::kit::Subject::new($d backend)
                }

                $d crate::conformance!(@known $d($d known)?);
                $d crate::conformance!(@backend);
            };
            (
                backend = $d backend:expr,
                engine = $d engine:expr
                $d(, known_failures = $d known:expr)? $d(,)?
            ) => {
                fn subject() -> $d crate::kit::Subject {
                    $d crate::kit::Subject::new($d backend).with_engine($d engine)
                }

                $d crate::conformance!(@known $d($d known)?);
                $d crate::conformance!(@backend);
                $d crate::conformance!(@engine);
            };
            (@known $d($d known:expr)?) => {
                fn known_failures() -> &'static [$d crate::kit::KnownFailure] {
                    let known: &[&'static [$d crate::kit::KnownFailure]] = &[$d($d known)?];
                    known.first().copied().unwrap_or_default()
                }

                #[test]
                fn the_known_failures_name_cases_of_this_backend() {
                    $d crate::kit::check_known_failures(&subject(), known_failures());
                }
            };
            (@backend) => {
                $( $(
                    #[test]
                    fn $name() {
                        $d crate::kit::check(stringify!($name), &subject(), known_failures());
                    }
                )* )*
            };
            (@engine) => {
                $( $(
                    #[test]
                    fn $engine_name() {
                        $d crate::kit::check(stringify!($engine_name), &subject(), known_failures());
                    }
                )* )*
            };
            ($d backend:expr $d(,)?) => {
                $d crate::conformance!(backend = $d backend);
            };
        }

        /// Generates one `#[test]` for each case of the hermetic WASI.
        ///
        /// It must follow a [`conformance!`], whose subject and known failures it uses.
        ///
        /// ```ignore
        /// seam_tests::conformance!(backend = Toy::new());
        /// seam_tests::conformance_wasi!();
        /// ```
        ///
        /// It is separate because features are unified over a workspace: if one crate enables these
        /// cases, another crate must not get them.
        #[cfg(feature = "wasi")]
        #[macro_export]
        macro_rules! conformance_wasi {
            () => {
                $( $(
                    #[test]
                    fn $wasi_name() {
                        $d crate::kit::check(stringify!($wasi_name), &subject(), known_failures());
                    }
                )* )*
            };
        }
    };
}
