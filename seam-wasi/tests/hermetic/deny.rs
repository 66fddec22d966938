//! The network's functions exist, and every call is refused.

use seam_core::{CanonTrap, Handle, Resource, ResourceType, Trap, Value};
use seam_wasi::Wasi;

use crate::support::{Host, bytes, lent};

#[test]
fn sockets_are_denied() {
    let mut host = Host::new(Wasi::hermetic());
    for family in ["ipv4", "ipv6"] {
        for kind in ["tcp", "udp"] {
            let name = format!("sockets/{kind}-create-socket#create-{kind}-socket");
            assert_eq!(
                host.err(&name, &[Value::enumeration(family)]),
                "access-denied"
            );
        }
    }
}

#[test]
fn names_are_not_resolved() {
    let mut host = Host::new(Wasi::hermetic());
    let network = host.get("sockets/instance-network#instance-network", &[]);
    let args = [lent(&network), "example.com".into()];
    assert_eq!(
        host.err("sockets/ip-name-lookup#resolve-addresses", &args),
        "permanent-resolver-failure"
    );
}

#[test]
fn using_a_resource_that_cannot_exist_traps() {
    let mut host = Host::new(Wasi::hermetic());
    let ty = ResourceType::new("wasi:sockets/tcp@0.2.3#tcp-socket");
    let socket = Value::Borrow(Resource::host(ty, 1));
    let error = host.fails("sockets/tcp#[method]tcp-socket.accept", &[socket]);
    assert_eq!(
        error.as_trap(),
        Some(&Trap::Canon(CanonTrap::UnknownHandle))
    );
}

#[test]
fn a_request_can_be_built_but_sending_it_is_denied() {
    let mut host = Host::new(Wasi::hermetic());
    let headers = host.get("http/types#[constructor]fields", &[]);
    let request = host.get("http/types#[constructor]outgoing-request", &[headers]);
    let method = |name: &str| format!("http/types#[method]outgoing-request.{name}");
    let post = Value::variant("post", None);
    host.ok(&method("set-method"), &[lent(&request), post.clone()]);
    assert_eq!(host.get(&method("method"), &[lent(&request)]), post);
    let odd = Value::variant("other", Some("a b".into()));
    assert_eq!(host.err(&method("set-method"), &[lent(&request), odd]), "");
    let path = Value::some("/a?b".into());
    host.ok(
        &method("set-path-with-query"),
        &[lent(&request), path.clone()],
    );
    assert_eq!(
        host.get(&method("path-with-query"), &[lent(&request)]),
        path
    );
    let odd = Value::some("/a b\r\n".into());
    assert_eq!(
        host.err(&method("set-path-with-query"), &[lent(&request), odd]),
        ""
    );
    let body = host.ok(&method("body"), &[lent(&request)]).unwrap();
    assert_eq!(host.err(&method("body"), &[lent(&request)]), "");
    let write = "http/types#[method]outgoing-body.write";
    let stream = host.ok(write, &[lent(&body)]).unwrap();
    assert_eq!(host.err(write, &[lent(&body)]), "");
    let data = [lent(&stream), b"data".to_vec().into()];
    host.ok("io/streams#[method]output-stream.write", &data);
    host.drop(&stream);
    host.ok(
        "http/types#[static]outgoing-body.finish",
        &[body, Value::none()],
    );
    let options = host.get("http/types#[constructor]request-options", &[]);
    let timeout = Value::some(5u64.into());
    let set = "http/types#[method]request-options.set-connect-timeout";
    host.ok(set, &[lent(&options), timeout.clone()]);
    let get = "http/types#[method]request-options.connect-timeout";
    assert_eq!(host.get(get, &[lent(&options)]), timeout);
    let handle = "http/outgoing-handler#handle";
    let args = [request.clone(), Value::some(options)];
    assert_eq!(host.err(handle, &args), "HTTP-request-denied");
    // `handle` took ownership of the request.
    assert!(host.call(&method("method"), &[lent(&request)]).is_err());
}

#[test]
fn fields_of_0_3_are_deleted_and_copied() {
    let mut host = Host::of_0_3(Wasi::hermetic());
    let method = |name: &str| format!("http/types#[method]fields.{name}");
    let fields = host.get("http/types#[constructor]fields", &[]);
    let value = |text: &str| Value::from(text.as_bytes().to_vec());
    let pair = |name: &str, text: &str| Value::Tuple(vec![name.into(), value(text)]);
    for (name, text) in [("a", "1"), ("b", "2"), ("A", "3")] {
        let args = [lent(&fields), name.into(), value(text)];
        host.ok(&method("append"), &args);
    }
    let delete = method("get-and-delete");
    let deleted = host.ok(&delete, &[lent(&fields), "a".into()]);
    assert_eq!(deleted, Some(Value::list([value("1"), value("3")])));
    let deleted = host.ok(&delete, &[lent(&fields), "a".into()]);
    assert_eq!(deleted, Some(Value::list([])));
    assert_eq!(
        host.err(&delete, &[lent(&fields), "a b".into()]),
        "invalid-syntax"
    );
    let rest = Value::list([pair("b", "2")]);
    assert_eq!(host.get(&method("copy-all"), &[lent(&fields)]), rest);
}

#[test]
fn options_of_0_3_can_be_copied() {
    let mut host = Host::of_0_3(Wasi::hermetic());
    let method = |name: &str| format!("http/types#[method]request-options.{name}");
    let options = host.get("http/types#[constructor]request-options", &[]);
    let timeout = Value::some(5u64.into());
    let set = [lent(&options), timeout.clone()];
    host.ok(&method("set-connect-timeout"), &set);
    let copy = host.get(&method("clone"), &[lent(&options)]);
    host.ok(
        &method("set-connect-timeout"),
        &[lent(&options), Value::none()],
    );
    let get = method("get-connect-timeout");
    assert_eq!(host.get(&get, &[lent(&copy)]), timeout);
    assert_eq!(host.get(&get, &[lent(&options)]), Value::none());
}

#[test]
fn requests_and_responses_of_0_3_keep_what_they_are_built_from() {
    let mut host = Host::of_0_3(Wasi::hermetic());
    let types = |name: &str| format!("http/types#{name}");
    // The readable end that a guest has passed. Nothing reads it here.
    let trailers = Value::Future(Handle::new(1, 0, 0, 0));
    let options = host.get(&types("[constructor]request-options"), &[]);
    let timeout = Value::some(5u64.into());
    let set = types("[method]request-options.set-first-byte-timeout");
    host.ok(&set, &[lent(&options), timeout.clone()]);
    let headers = host.get(&types("[constructor]fields"), &[]);
    let args = [
        headers,
        Value::none(),
        trailers.clone(),
        Value::some(options),
    ];
    let request = first(host.get(&types("[static]request.new"), &args));
    let method = |name: &str| format!("http/types#[method]request.{name}");
    let get = Value::variant("get", None);
    assert_eq!(host.get(&method("get-method"), &[lent(&request)]), get);
    let authority = Value::some("example.com".into());
    host.ok(
        &method("set-authority"),
        &[lent(&request), authority.clone()],
    );
    let found = host.get(&method("get-authority"), &[lent(&request)]);
    assert_eq!(found, authority);
    let Value::Option(Some(frozen)) = host.get(&method("get-options"), &[lent(&request)]) else {
        panic!("expected options");
    };
    let get = types("[method]request-options.get-first-byte-timeout");
    assert_eq!(host.get(&get, &[lent(&frozen)]), timeout);
    assert_eq!(host.err(&set, &[lent(&frozen), Value::none()]), "immutable");
    let headers = host.get(&method("get-headers"), &[lent(&request)]);
    let append = [lent(&headers), "a".into(), b"1".to_vec().into()];
    let failed = host.err(&types("[method]fields.append"), &append);
    assert_eq!(failed, "immutable");
    let denied = host.err("http/client#send", &[request]);
    assert_eq!(denied, "HTTP-request-denied");

    let headers = host.get(&types("[constructor]fields"), &[]);
    let args = [headers, Value::none(), trailers];
    let response = first(host.get(&types("[static]response.new"), &args));
    let set = types("[method]response.set-status-code");
    host.ok(&set, &[lent(&response), 404u16.into()]);
    assert_eq!(host.err(&set, &[lent(&response), 99u16.into()]), "");
    let get = types("[method]response.get-status-code");
    assert_eq!(host.get(&get, &[lent(&response)]), 404u16.into());
    host.drop(&response);
}

/// Returns the first element of a tuple.
fn first(tuple: Value) -> Value {
    match tuple {
        Value::Tuple(mut values) => values.swap_remove(0),
        other => panic!("expected a tuple, found {other:?}"),
    }
}

#[test]
fn fields_are_checked_and_keep_order_and_case() {
    let mut host = Host::new(Wasi::hermetic());
    let pair =
        |name: &str, value: &str| Value::Tuple(vec![name.into(), value.as_bytes().to_vec().into()]);
    let from_list = "http/types#[static]fields.from-list";
    let list = Value::list([pair("Accept", "a"), pair("x", "1"), pair("accept", "b")]);
    let fields = host.ok(from_list, std::slice::from_ref(&list)).unwrap();
    let method = |name: &str| format!("http/types#[method]fields.{name}");
    assert_eq!(host.get(&method("entries"), &[lent(&fields)]), list);
    let values = host.get(&method("get"), &[lent(&fields), "ACCEPT".into()]);
    let Value::List(values) = values else {
        panic!("{values:?}")
    };
    let values: Vec<_> = values.iter().map(|value| bytes(&value)).collect();
    assert_eq!(values, [b"a", b"b"]);
    for (name, value, case) in [
        ("a b", "", "invalid-syntax"),
        ("", "", "invalid-syntax"),
        ("a", "b\r\nc: d", "invalid-syntax"),
        ("Host", "example.com", "forbidden"),
        ("transfer-encoding", "chunked", "forbidden"),
    ] {
        let list = Value::list([pair(name, value)]);
        assert_eq!(host.err(from_list, &[list]), case);
        let append = [lent(&fields), name.into(), value.as_bytes().to_vec().into()];
        assert_eq!(host.err(&method("append"), &append), case);
        let values = Value::List(seam_core::List::Values(vec![
            value.as_bytes().to_vec().into(),
        ]));
        let set = [lent(&fields), name.into(), values];
        assert_eq!(host.err(&method("set"), &set), case);
    }
    host.ok(&method("delete"), &[lent(&fields), "accept".into()]);
    let has = host.get(&method("has"), &[lent(&fields), "Accept".into()]);
    assert_eq!(has, false.into());
    let copy = host.get(&method("clone"), &[lent(&fields)]);
    let request = host.get("http/types#[constructor]outgoing-request", &[fields]);
    let headers = host.get(
        "http/types#[method]outgoing-request.headers",
        &[lent(&request)],
    );
    let append = |fields: &Value| [lent(fields), "y".into(), b"2".to_vec().into()];
    assert_eq!(host.err(&method("append"), &append(&headers)), "immutable");
    host.ok(&method("append"), &append(&copy));
}
