use super::*;

fn uncertain(answer: &str, others: &[&str]) -> Vec<String> {
    let others: Vec<String> = others.iter().map(|other| (*other).to_owned()).collect();
    let checked = compare(answer, &others);
    checked.into_iter().filter(Checked::is_uncertain).map(|one| one.shown).collect()
}

#[test]
fn a_number_that_varies_makes_its_sentence_uncertain_and_no_other() {
    let answer = "The receipt is from a bakery. The total is 4.30.";
    let others = [
        "A receipt from a bakery. The total is 4.80.",
        "The receipt of a bakery. The total is 9.30.",
        "The receipt is from a bakery. The total is 4.30.",
    ];
    assert_eq!(uncertain(answer, &others), ["The total is 4.30."]);
    let others: Vec<String> = others.iter().map(|other| (*other).to_owned()).collect();
    let total = &compare(answer, &others)[1];
    assert_eq!((total.n_agree, total.n_samples), (1, 3));
    assert_eq!(total.instead, ["The total is 4.80.", "The total is 9.30."]);
}

#[test]
fn other_words_for_the_same_are_no_doubt() {
    let answer = "A dialog asks whether to save changes. It has two buttons.";
    let others = ["The dialog asks to save the changes, with two buttons.", answer];
    assert_eq!(uncertain(answer, &others), Vec::<String>::new());
}

#[test]
fn another_colour_or_name_is_one() {
    let answer = "A red circle on the left. The sign says \"Exit\".";
    let others = ["A blue circle on the left. The sign says \"Exist\"."; 2];
    assert_eq!(uncertain(answer, &others).len(), 2);
    assert!(compare("", &["a".into()]).is_empty());
    assert!(compare("A cat.", &[]).iter().all(|one| !one.is_uncertain()));
}
