use rustix::process::getpriority_process;

#[test]
fn a_thread_and_its_children_step_back_and_nobody_else() {
    let before = getpriority_process(None).unwrap();
    let child = std::thread::spawn(|| {
        super::step_back();
        std::thread::spawn(|| getpriority_process(None).unwrap()).join().unwrap()
    });
    assert_eq!(child.join().unwrap(), before.max(10));
    assert_eq!(getpriority_process(None).unwrap(), before);
}
