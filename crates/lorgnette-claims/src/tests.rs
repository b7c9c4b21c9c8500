use super::*;

const INVOICE: [&str; 14] = [
    "Northwind Traders Ltd",
    "Invoice No. 2024-0187",
    "Date: 3 March 2026",
    "Due: 02/04/2026",
    "Desk lamp, brass\t2\t€ 49,90\t€ 99,80",
    "Paper, A4, 500 sheets\t10\t€ 4,15\t€ 41,50",
    "Sum\t€ 141,30",
    "VAT 20 %\t€ 28,26",
    "Total\t€ 1,169.56",
    "Please pay to IBAN DE89 3704 0044 0532 0130 00",
    "Questions? Call +44 20 7946 0958 or write to",
    "accounts@northwind.example",
    "Open Mon to Fri, 9:00 - 17:30",
    "Signed: Margaret Hollowàyne",
];

/// Looks an answer up and returns its claims in a line: found ones as they are, others behind a "!".
#[track_caller]
fn check(answer: &str, expected: &str) {
    let claims = look_up(answer, &INVOICE);
    for claim in &claims {
        assert_eq!(claim.text, answer[claim.source.clone()]);
    }
    let told: Vec<String> = (claims.iter())
        .map(|claim| format!("{}{}", if claim.is_found() { "" } else { "!" }, claim.text))
        .collect();
    assert_eq!(told.join(" | "), expected);
}

#[test]
fn quotes_are_found_whatever_their_case_and_breaks() {
    check("It says \"please PAY to iban\".", "please PAY to iban");
    check(
        "It says “Questions? Call +44 20 7946 0958 or write to accounts@northwind.example”.",
        "Questions? Call +44 20 7946 0958 or write to accounts@northwind.example",
    );
    check("It reads `Northwind … Invoice`.", "Northwind … Invoice");
    check("There is 'Desk lamp' and 'Desk light'.", "Desk lamp | !Desk light");
    check("```\nVAT 20 %\nVAT 30 %\n```", "VAT 20 % | !VAT 30 %");
    check("> Due: 02/04/2026\n> Due: 02/05/2026", "Due: 02/04/2026 | !Due: 02/05/2026");
}

#[test]
fn one_wrong_letter_is_forgiven_and_a_wrong_digit_is_not() {
    check("\"Desk lanp, brass\"", "Desk lanp, brass");
    check("\"Dosk lanp, brass\"", "!Dosk lanp, brass");
    check("\"Invoice No. 2024-0188\"", "!Invoice No. 2024-0188");
    check("\"Open Mon\" and \"pen Mon\" and \"Ope\"", "Open Mon | pen Mon | !Ope");
    check("\"VAT\" and \"VAR\"", "VAT | !VAR");
}

#[test]
fn numbers_are_found_in_any_notation() {
    check("The total is 1169.56 euros.", "1169.56");
    check(
        "The total is €1,169.56, not €1,196.56.",
        "€1,169.56 | !€1,196.56".replace('€', "").as_str(),
    );
    check("The sum is 141.30 and the tax 28,26 (20%).", "141.30 | 28,26 | 20");
    check("Each lamp costs 49.99.", "!49.99");
    check("Call +44 2079460958.", "44 | 2079460958");
    check("The account is DE89370400440532013000.", "DE89370400440532013000");
    check("The account is DE89370400440532013001.", "!DE89370400440532013001");
}

#[test]
fn what_is_counted_by_the_answer_is_no_claim() {
    check("There are 3 lines and 2 columns in it.", "");
    check("1. A lamp\n2) Paper\n", "");
    check("It lists 500 sheets of paper.", "500");
    check("It lists 50 sheets of paper.", "!50");
}

#[test]
fn dates_are_found_in_any_notation() {
    check("It is dated 2026-03-03 and due on 2 April 2026.", "2026-03-03 | 2 April 2026");
    check("It is dated March 3rd, 2026.", "March 3rd, 2026");
    check("It is dated March 2026.", "March 2026");
    check("It is dated 4 March 2026 and due on 03.04.2026.", "!4 March 2026 | !03.04.2026");
    check("They close at 5:30 pm and open at 9 am.", "5:30 pm | 9 am");
    check("They close at 18:30.", "!18:30");
    check("Chapter 8 may help you.", "!8");
}

#[test]
fn names_are_found_and_sentences_begin_with_none() {
    check(
        "This bill is from Northwind Traders, signed by Margaret Hollowayne.",
        "Northwind Traders | Margaret Hollowayne",
    );
    check("This bill is from Southwind Traders.", "!Southwind Traders");
    check("The bill says more. Perhaps it is a PDF.", "");
    check(
        "Das ist eine Rechnung von der Firma Northwind über eine Lampe, Papier und die Steuer, mit \
        Datum und Konto.",
        "",
    );
}

#[test]
fn places_are_lines() {
    let claims = look_up("From “Traders Ltd Invoice”: 28.26 of 141.30.", &INVOICE);
    let lines: Vec<_> = claims.iter().map(|claim| claim.found.clone()).collect();
    assert_eq!(lines, [vec![0, 1], vec![7], vec![6]]);
}

#[test]
fn odd_answers_do_no_harm() {
    for answer in [
        "",
        "\"",
        "“”",
        "\"\"",
        "``` ",
        "```\n```",
        ">",
        "'",
        "„“",
        "0",
        "1.",
        "1,",
        "-",
        "»«",
        "é\"é\"é",
        "99999999999999999999999999",
        "1/1/1/1/1",
        "\u{300}\u{300}",
        "3 \u{a0}000 000",
        "\"…\"",
        "\"...\"",
        "٣",
        "²",
    ] {
        for claim in look_up(answer, &INVOICE) {
            assert!(answer.is_char_boundary(claim.source.start));
        }
        assert!(look_up(answer, &[""]).iter().all(|claim| !claim.is_found()), "{answer}");
        assert_eq!(look_up(answer, &[]), []);
    }
}
