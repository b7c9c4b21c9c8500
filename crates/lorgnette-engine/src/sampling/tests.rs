use super::*;

fn next(sampling: &Sampling, logits: &[f32]) -> Option<TokenId> {
    Sampler::new(sampling).next(logits.to_vec(), |_| false).unwrap()
}

/// Which of four tokens come up in 200 draws.
#[track_caller]
fn check_support(sampling: &Sampling, expected: [bool; 4]) {
    let mut sampler = Sampler::new(sampling);
    let mut came = [false; 4];
    for _ in 0..200 {
        let id = sampler.next(vec![2.0, 1.0, 0.5, 0.0], |_| false).unwrap().unwrap();
        came[id as usize] = true;
    }
    assert_eq!(came, expected);
}

const WARM: Sampling = Sampling { temperature: 1.0, ..Sampling::GREEDY };

#[test]
fn greedy_takes_the_likeliest() {
    assert_eq!(next(&Sampling::GREEDY, &[0.1, 0.9, 0.3]), Some(1));
    assert_eq!(next(&Sampling { temperature: f64::NAN, ..WARM }, &[0.1, 0.9, 0.3]), Some(1));
}

#[test]
fn filters_keep_the_likely() {
    check_support(&WARM, [true; 4]);
    check_support(&Sampling { top_k: Some(2), ..WARM }, [true, true, false, false]);
    check_support(&Sampling { top_p: 0.6, ..WARM }, [true, true, false, false]); // 0.58, 0.21, …
    check_support(&Sampling { min_p: 0.2, ..WARM }, [true, true, true, false]); // e^-1.5 = 0.22
    check_support(&Sampling { top_k: Some(3), min_p: 0.3, ..WARM }, [true, true, false, false]);
}

#[test]
fn forbidden_tokens_are_never_chosen() {
    for sampling in [Sampling::GREEDY, WARM] {
        let mut sampler = Sampler::new(&sampling);
        for _ in 0..50 {
            assert_eq!(sampler.next(vec![9.0, 0.1, 9.0], |id| id != 1).unwrap(), Some(1));
        }
    }
}

#[test]
fn a_penalty_moves_on_from_what_was_chosen() {
    let mut sampler = Sampler::new(&Sampling { repetition_penalty: 2.0, ..Sampling::GREEDY });
    let mut draw = || sampler.next(vec![1.0, 0.9, -0.1], |_| false).unwrap();
    assert_eq!([draw(), draw()], [Some(0), Some(1)]);
}

#[test]
fn the_same_seed_gives_the_same_tokens() {
    let draw = |seed| {
        let mut sampler = Sampler::new(&Sampling { seed, ..WARM });
        let next = |_| sampler.next(vec![0.0; 100], |_| false).unwrap();
        (0..20).map(next).collect::<Vec<_>>()
    };
    assert_eq!(draw(7), draw(7));
    assert_ne!(draw(7), draw(8));
}

#[test]
fn logits_that_are_no_numbers_give_no_token() {
    assert_eq!(next(&Sampling::GREEDY, &[f32::NAN, f32::NAN]), None);
    assert_eq!(next(&Sampling::GREEDY, &[f32::NAN, 1.0]), Some(1));
}
