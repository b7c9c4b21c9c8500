//! Compares what a network says with what it says of the same tokens in another way: several
//! sequences read together, and keys and values in 8 bits.

use anyhow::Result;
use lorgnette_interrupt::Interrupted;
use lorgnette_pixtral::{KvCache, KvFormat, KvTail, Pixtral, Prompt, TOGETHER, go_on};

use super::Report;
use super::network::argmax;

/// Tokens of each sequence that is written.
const N_TOKENS: usize = 40;
/// What keys and values in 8 bits may change of a logit, as a part of the largest one: as much as
/// factors in bf16 may.
const KV_8_BITS_TOLERANCE: f32 = 5e-2;

/// Sequences that begin with the likeliest tokens and go on with the likeliest, together and one by
/// one: the same to the last bit.
pub fn check_together(
    model: &Pixtral,
    prompt: &Prompt<'_>,
    name: &str,
    report: &mut Report,
) -> Result<()> {
    for format in [KvFormat::F16, KvFormat::Q8_0] {
        let mut cache = model.new_cache(prompt.ids.len() + N_TOKENS, format)?;
        let n_read = prompt.ids.len();
        let logits = read(model, prompt, &mut cache)?;
        let mut likeliest: Vec<u32> = (0..logits.len() as u32).collect();
        likeliest.sort_by(|a, b| logits[*b as usize].total_cmp(&logits[*a as usize]));
        likeliest.truncate(TOGETHER);
        let mut alone = Vec::new();
        for first in &likeliest {
            cache.truncate(n_read);
            let (mut id, mut all) = (*first, Vec::new());
            for _ in 0..N_TOKENS {
                let logits = model.decode_step(id, &mut cache)?;
                id = argmax(&logits);
                all.push(logits);
            }
            alone.push(all);
        }
        cache.truncate(n_read);
        let new_tail = |_: &u32| Ok(model.new_tail(&cache)?);
        let mut tails = likeliest.iter().map(new_tail).collect::<Result<Vec<KvTail>>>()?;
        let mut ids = likeliest.clone();
        let mut n_same = 0;
        for at in 0..N_TOKENS {
            let mut tails: Vec<&mut KvTail> = tails.iter_mut().collect();
            let logits = model.decode_together(&ids, &cache, &mut tails)?;
            ids = logits.iter().map(|logits| argmax(logits)).collect();
            n_same += logits.iter().zip(&alone).filter(|(a, b)| bits(a) == bits(&b[at])).count();
        }
        let n = N_TOKENS * likeliest.len();
        let numbers = format!("logits of {n_same} of {n} tokens identical");
        report.line(&format!("{name}: {TOGETHER} together, {format}"), &numbers, n_same == n);
    }
    Ok(())
}

fn bits(logits: &[f32]) -> Vec<u32> {
    logits.iter().map(|logit| logit.to_bits()).collect()
}

/// Logits of the prompt and of the likeliest tokens behind it, with keys and values in f16 and in 8 bits.
pub fn check_8_bits(
    model: &Pixtral,
    prompt: &Prompt<'_>,
    name: &str,
    report: &mut Report,
) -> Result<()> {
    let n_read = prompt.ids.len();
    let mut half = model.new_cache(n_read + N_TOKENS, KvFormat::F16)?;
    let mut eight = model.new_cache(n_read + N_TOKENS, KvFormat::Q8_0)?;
    let mut expected = read(model, prompt, &mut half)?;
    let mut found = read(model, prompt, &mut eight)?;
    let (mut n_same, mut largest, mut difference) = (0, 0.0_f32, 0.0_f32);
    for _ in 0..N_TOKENS {
        for (a, b) in found.iter().zip(&expected) {
            let far = (a - b).abs();
            // Not `max`, which passes over a NaN.
            difference = if far > difference || far.is_nan() { far } else { difference };
            largest = largest.max(b.abs());
        }
        let id = argmax(&expected);
        n_same += usize::from(argmax(&found) == id);
        expected = model.decode_step(id, &mut half)?;
        found = model.decode_step(id, &mut eight)?;
    }
    let numbers = format!(
        "max |difference| {:.1e} of the largest, allowed {KV_8_BITS_TOLERANCE:.1e}; \
         {n_same} of {N_TOKENS} tokens the likeliest too",
        difference / largest
    );
    let passes = difference <= KV_8_BITS_TOLERANCE * largest;
    report.line(&format!("{name}: q8_0 against f16"), &numbers, passes);
    Ok(())
}

fn read(model: &Pixtral, prompt: &Prompt<'_>, cache: &mut KvCache) -> Result<Vec<f32>> {
    let logits = model.prefill(prompt, cache, 512, &mut go_on);
    Ok(logits.map_err(Interrupted::expect_failure)?)
}
