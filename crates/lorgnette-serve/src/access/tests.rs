use super::*;

fn policy(address: &str, origins: &[&str]) -> Policy {
    let origins = origins.iter().map(|origin| origin.parse().unwrap()).collect();
    Policy::new(address.parse().unwrap(), Access::Anyone, origins)
}

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(*name, HeaderValue::from_str(value).unwrap());
    }
    headers
}

fn get(policy: &Policy, pairs: &[(&'static str, &str)]) -> Result<Admitted, Refusal> {
    policy.admit(&Method::GET, &Uri::from_static("/v1/models"), &headers(pairs))
}

#[test]
fn only_our_own_names_are_answered() {
    let four = policy("127.0.0.1:1000", &[]);
    for host in ["127.0.0.1:1000", "localhost:1000", "LocalHost:1000"] {
        assert!(get(&four, &[("host", host)]).is_ok(), "{host}");
    }
    for host in [
        "evil.example:1000",
        "evil.example",
        "127.0.0.1",
        "127.0.0.1:1001",
        "localhost:01000",
        "localhost.evil.example:1000",
        "127.0.0.2:1000",
        "[::1]:1000",
        "[127.0.0.1]:1000",
        "user@localhost:1000",
        "2130706433:1000",
        "",
    ] {
        assert!(matches!(get(&four, &[("host", host)]), Err(Refusal::Host { .. })), "{host}");
    }
    assert!(matches!(get(&four, &[]), Err(Refusal::Host { .. })));
    let twice = [("host", "localhost:1000"), ("host", "evil.example")];
    assert!(matches!(get(&four, &twice), Err(Refusal::Host { .. })));

    let six = policy("[::1]:1000", &[]);
    assert!(get(&six, &[("host", "[::1]:1000")]).is_ok());
    assert!(get(&six, &[("host", "::1:1000")]).is_err());
    assert!(get(&policy("127.0.0.1:80", &[]), &[("host", "localhost")]).is_ok());
}

#[test]
fn a_request_line_cannot_name_another_host() {
    let policy = policy("127.0.0.1:1000", &[]);
    let host = headers(&[("host", "localhost:1000")]);
    let check = |uri| policy.admit(&Method::GET, &Uri::from_static(uri), &host);
    assert!(check("http://localhost:1000/v1/models").is_ok());
    assert!(matches!(check("http://evil.example:1000/v1/models"), Err(Refusal::Host { .. })));
}

#[test]
fn pages_ask_only_if_they_were_named() {
    let host = ("host", "localhost:1000");
    let policy = policy("127.0.0.1:1000", &["http://localhost:3000"]);
    let allowed = get(&policy, &[host, ("origin", "http://localhost:3000")]).unwrap();
    assert_eq!(allowed.origin.unwrap(), "http://localhost:3000");
    for origin in [
        "http://localhost:30000",
        "http://localhost",
        "https://localhost:3000",
        "http://evil.example",
        "null",
        "",
    ] {
        let refused = get(&policy, &[host, ("origin", origin)]);
        assert!(matches!(refused, Err(Refusal::Origin { .. })), "{origin}");
    }
    let twice = [host, ("origin", "http://localhost:3000"), ("origin", "http://evil.example")];
    assert!(get(&policy, &twice).is_err());
    for site in ["cross-site", "same-site"] {
        assert!(get(&policy, &[host, ("sec-fetch-site", site)]).is_err(), "{site}");
    }
    assert!(get(&policy, &[host, ("sec-fetch-site", "none")]).is_ok());
}

#[test]
fn an_origin_is_written_as_a_browser_writes_it() {
    for origin in ["http://localhost:3000", "https://example.org", "http://[::1]:8080"] {
        assert!(origin.parse::<Origin>().is_ok(), "{origin}");
    }
    for text in ["*", "null", "localhost:3000", "http://a.b/", "http://a.b:80", "file:///x", ""] {
        assert!(text.parse::<Origin>().is_err(), "{text}");
    }
}

#[test]
fn the_token_is_asked_for_except_by_a_preflight() {
    let folder = tempfile::tempdir().unwrap();
    let file = TokenFile::in_folder(folder.path());
    let token = file.open().unwrap();
    let origin = "http://localhost:3000";
    let policy = Policy::new(
        "127.0.0.1:1000".parse().unwrap(),
        Access::Token(file.clone()),
        vec![origin.parse().unwrap()],
    );
    let host = ("host", "localhost:1000");
    let with = |value: &str| get(&policy, &[host, ("authorization", value)]);
    assert!(with(&format!("Bearer {token}")).is_ok());
    assert!(with(&format!("bearer  {token} ")).is_ok());
    for wrong in [
        format!("Bearer {token}x"),
        format!("Bearer {}", &token[..token.len() - 1]),
        format!("Bearer {}", token.to_uppercase()),
    ] {
        assert!(matches!(with(&wrong), Err(Refusal::WrongToken)), "{wrong}");
    }
    for none in ["Bearer", "Bearer ", "", &format!("Basic {token}"), &token] {
        assert!(matches!(with(none), Err(Refusal::NoToken)), "{none}");
    }
    assert!(matches!(get(&policy, &[host]), Err(Refusal::NoToken)));

    let asks_first = headers(&[host, ("origin", origin)]);
    let uri = Uri::from_static("/v1/models");
    let admitted = policy.admit(&Method::OPTIONS, &uri, &asks_first).unwrap();
    assert!(admitted.is_preflight);
    assert!(policy.admit(&Method::GET, &uri, &asks_first).is_err());
    assert!(policy.admit(&Method::OPTIONS, &uri, &headers(&[host])).is_err());

    // A new one holds at once, and the old one no longer.
    let renewed = file.renew().unwrap();
    assert!(matches!(with(&format!("Bearer {token}")), Err(Refusal::WrongToken)));
    assert!(with(&format!("Bearer {renewed}")).is_ok());
    fs_err::remove_file(file.path()).unwrap();
    assert!(matches!(with(&format!("Bearer {renewed}")), Err(Refusal::TokenFile(_))));
}
