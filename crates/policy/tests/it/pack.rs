//! The shipped pack passes its own tests.

#[test]
fn the_tests_of_the_shipped_pack_pass() {
    let files = [policy::shipped_files(), policy::shipped_tests()].concat();
    let report = policy::test(&files).unwrap();
    assert!(report.failed.is_empty(), "{:#?}", report.failed);
    assert!(report.passed.len() >= 40, "only {} tests", report.passed.len());
}
