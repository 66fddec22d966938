//! The code that the derives generate.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, Result};

use crate::shape::{Case, Member, Shape};

/// Implements `Typed`.
pub(crate) fn typed(input: &DeriveInput) -> Result<TokenStream> {
    let shape = Shape::of(input)?;
    let (ty, is) = (ty(&shape), is(&shape));
    let lower = lower(&shape);
    Ok(implementation(
        input,
        &quote!(Typed),
        &quote! {
            fn ty() -> ::seam_core::Type {
                #ty
            }

            fn is(__ty: &::seam_core::Type) -> ::core::primitive::bool {
                #is
            }

            fn lower(
                &self,
                __to: &mut dyn ::seam_core::typed::Lower,
            ) -> ::seam_core::Result<()> {
                #lower
            }
        },
    ))
}

/// Implements `Liftable`.
pub(crate) fn liftable(input: &DeriveInput) -> Result<TokenStream> {
    let lift = lift(&Shape::of(input)?);
    Ok(implementation(
        input,
        &quote!(Liftable),
        &quote! {
            fn lift(__from: &mut dyn ::seam_core::typed::Lift) -> ::seam_core::Result<Self> {
                #lift
            }
        },
    ))
}

/// Wraps the functions of a trait of `seam_core::typed`. Every type parameter must implement it.
fn implementation(input: &DeriveInput, name: &TokenStream, functions: &TokenStream) -> TokenStream {
    let mut generics = input.generics.clone();
    for parameter in generics.type_params_mut() {
        parameter
            .bounds
            .push(syn::parse_quote!(::seam_core::typed::#name));
    }
    let (parameters, arguments, clause) = generics.split_for_impl();
    let ident = &input.ident;
    quote! {
        #[automatically_derived]
        #[allow(deprecated, unused_qualifications, reason = "generated")]
        impl #parameters ::seam_core::typed::#name for #ident #arguments #clause {
            #functions
        }
    }
}

fn ty(shape: &Shape) -> TokenStream {
    match shape {
        Shape::Record(members) => {
            let fields = members.iter().map(|Member { name, ty, .. }| {
                let name = &name.text;
                quote!((#name, <#ty as ::seam_core::typed::Typed>::ty()))
            });
            quote!(::seam_core::Type::record([#(#fields),*]))
        }
        Shape::Variant(cases) => {
            let cases = cases.iter().map(|Case { name, payload, .. }| {
                let name = &name.text;
                let payload = option(
                    payload
                        .as_ref()
                        .map(|ty| quote!(<#ty as ::seam_core::typed::Typed>::ty())),
                );
                quote!((#name, #payload))
            });
            quote!(::seam_core::Type::variant([#(#cases),*]))
        }
        Shape::Enum(cases) => {
            let cases = cases.iter().map(|case| &case.name.text);
            quote!(::seam_core::Type::enumeration([#(#cases),*]))
        }
        Shape::Flags(members) => {
            let flags = members.iter().map(|member| &member.name.text);
            quote!(::seam_core::Type::flags([#(#flags),*]))
        }
    }
}

fn is(shape: &Shape) -> TokenStream {
    match shape {
        Shape::Record(members) => {
            let fields = members.iter().map(|Member { name, ty, .. }| {
                let name = &name.text;
                quote!((#name, <#ty as ::seam_core::typed::Typed>::is))
            });
            quote!(::seam_core::typed::named::is_record(__ty, &[#(#fields),*]))
        }
        Shape::Variant(cases) => {
            let cases = cases.iter().map(|Case { name, payload, .. }| {
                let name = &name.text;
                let payload = option(
                    payload
                        .as_ref()
                        .map(|ty| quote!(<#ty as ::seam_core::typed::Typed>::is)),
                );
                quote!((#name, #payload))
            });
            quote!(::seam_core::typed::named::is_variant(__ty, &[#(#cases),*]))
        }
        Shape::Enum(cases) => {
            let cases = cases.iter().map(|case| &case.name.text);
            quote!(::seam_core::typed::named::is_enum(__ty, &[#(#cases),*]))
        }
        Shape::Flags(members) => {
            let flags = members.iter().map(|member| &member.name.text);
            quote!(::seam_core::typed::named::is_flags(__ty, &[#(#flags),*]))
        }
    }
}

fn option(inner: Option<TokenStream>) -> TokenStream {
    match inner {
        Some(inner) => quote!(::core::option::Option::Some(#inner)),
        None => quote!(::core::option::Option::None),
    }
}

fn lower(shape: &Shape) -> TokenStream {
    match shape {
        Shape::Record(members) => {
            let idents = members.iter().map(|member| &member.ident);
            quote! {
                #( ::seam_core::typed::Typed::lower(&self.#idents, __to)?; )*
                ::core::result::Result::Ok(())
            }
        }
        Shape::Flags(members) => {
            let idents = members.iter().map(|member| &member.ident);
            quote!(::seam_core::typed::named::lower_flags([#(self.#idents),*], __to))
        }
        Shape::Enum(cases) | Shape::Variant(cases) => {
            let arms = (0u32..)
                .zip(cases)
                .map(|(index, Case { ident, payload, .. })| {
                    let case = quote!(::seam_core::typed::Lower::case(__to, #index));
                    match payload {
                        None => quote!(Self::#ident => #case,),
                        Some(_) => quote! {
                            Self::#ident(__payload) => {
                                #case?;
                                ::seam_core::typed::Typed::lower(__payload, __to)
                            }
                        },
                    }
                });
            quote!(match self { #(#arms)* })
        }
    }
}

fn lift(shape: &Shape) -> TokenStream {
    match shape {
        Shape::Record(members) => {
            // The expressions of a struct are evaluated in the order in which they are written.
            let fields = members.iter().map(|Member { ident, ty, .. }| {
                quote!(#ident: <#ty as ::seam_core::typed::Liftable>::lift(__from)?)
            });
            quote!(::core::result::Result::Ok(Self { #(#fields),* }))
        }
        Shape::Flags(members) => {
            let count = members.len();
            let fields = members.iter().enumerate();
            let fields = fields.map(|(bit, Member { ident, .. })| quote!(#ident: __set[#bit]));
            quote! {
                let __set = ::seam_core::typed::named::lift_flags::<#count>(__from)?;
                ::core::result::Result::Ok(Self { #(#fields),* })
            }
        }
        Shape::Enum(cases) | Shape::Variant(cases) => {
            let count = cases.len();
            let arms = (0u32..)
                .zip(cases)
                .map(|(index, Case { ident, payload, .. })| {
                    let payload = payload
                        .as_ref()
                        .map(|ty| quote!((<#ty as ::seam_core::typed::Liftable>::lift(__from)?)));
                    quote!(#index => ::core::result::Result::Ok(Self::#ident #payload),)
                });
            quote! {
                match ::seam_core::typed::Lift::case(__from)? {
                    #(#arms)*
                    __other => ::core::result::Result::Err(
                        ::seam_core::typed::named::no_case(#count, __other),
                    ),
                }
            }
        }
    }
}
