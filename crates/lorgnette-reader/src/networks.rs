//! The two networks, and the runtime that computes them. No tensor leaves this file.

use std::sync::Arc;

use rten::{Model, ModelOptions, RunOptions, ThreadPool, Value};
use rten_tensor::prelude::*;

use crate::crop::LINE_HEIGHT;
use crate::error::ReaderError;
use crate::letters::{Alphabet, Recognised};

const DETECTION: &[u8] = include_bytes!("../../../models/reader/detection.onnx");
const RECOGNITION: &[u8] = include_bytes!("../../../models/reader/recognition.onnx");
/// The number of outputs of a step: no letter, 18,708 letters, the space.
const N_OUTPUTS: usize = 18_710;

/// Both networks, loaded.
pub struct Weights {
    detection: Model,
    recognition: Model,
    alphabet: Alphabet,
}

/// Both networks, with the threads that compute them.
pub struct Networks {
    weights: Arc<Weights>,
    threads: Option<Arc<ThreadPool>>,
}

impl Weights {
    /// Loads the networks of the program.
    ///
    /// # Errors
    /// `Load` if they are damaged.
    pub fn load() -> Result<Self, ReaderError> {
        // All operators would make the program larger by 1.7 MB.
        let operators = rten::op_registry!(
            Add,
            AveragePool,
            BatchNormalization,
            Cast,
            Concat,
            Conv,
            ConvTranspose,
            Div,
            Erf,
            GlobalAveragePool,
            HardSigmoid,
            Identity,
            MatMul,
            MaxPool,
            Mul,
            Pow,
            ReduceMean,
            Relu,
            Reshape,
            Resize,
            Shape,
            Sigmoid,
            Slice,
            Softmax,
            Sqrt,
            Squeeze,
            Sub,
            Transpose,
            Unsqueeze
        );
        let options = ModelOptions::with_ops(operators);
        let load = |bytes| {
            let loaded = options.load_static_slice(bytes);
            loaded.map_err(|error| ReaderError::Load { source: error.into() })
        };
        let recognition = load(RECOGNITION)?;
        let letters = recognition.metadata().get("character").unwrap_or_default();
        let alphabet = Alphabet::new(letters, N_OUTPUTS)?;
        Ok(Self { detection: load(DETECTION)?, recognition, alphabet })
    }

    #[cfg(test)]
    pub fn writes(&self, letter: char) -> bool {
        self.alphabet.has(letter)
    }
}

impl Networks {
    /// Starts the threads. Without a number there is one for each core, which all networks share that are
    /// made without one.
    pub fn new(weights: Arc<Weights>, n_threads: Option<usize>) -> Self {
        let threads = n_threads.map(|n| Arc::new(ThreadPool::with_num_threads(n)));
        Self { weights, threads }
    }

    /// Returns how likely each pixel is text, row by row. `input` has the shape `(1, 3, height, width)`,
    /// and both sides are multiples of 32.
    ///
    /// # Errors
    /// `Network` if it fails.
    pub fn detect(
        &self,
        input: Vec<f32>,
        (width, height): (usize, usize),
    ) -> Result<Vec<f32>, ReaderError> {
        let (shape, values) = self.run("detection", input, [1, 3, height, width])?;
        if shape != [1, 1, height, width] {
            return Err(wrong("detection", &shape));
        }
        Ok(values)
    }

    /// Reads lines. `input` has the shape `(n, 3, 48, columns)`.
    ///
    /// # Errors
    /// `Network` if it fails.
    pub fn recognise(
        &self,
        input: Vec<f32>,
        (n, columns): (usize, usize),
    ) -> Result<Vec<Recognised>, ReaderError> {
        let (shape, values) = self.run("recognition", input, [n, 3, LINE_HEIGHT, columns])?;
        let alphabet = &self.weights.alphabet;
        let n_outputs = alphabet.len();
        match shape[..] {
            [batch, steps, outputs] if batch == n && steps > 0 && outputs == n_outputs => {
                let lines = values.chunks_exact(steps * n_outputs);
                let read =
                    lines.map(|line| alphabet.decode(line.chunks_exact(n_outputs).map(likeliest)));
                Ok(read.collect())
            }
            _ => Err(wrong("recognition", &shape)),
        }
    }

    /// Returns the shape and the values of a network's only output.
    fn run(
        &self,
        what: &'static str,
        input: Vec<f32>,
        shape: [usize; 4],
    ) -> Result<(Vec<usize>, Vec<f32>), ReaderError> {
        let Weights { detection, recognition, .. } = &*self.weights;
        let model = if what == "detection" { detection } else { recognition };
        let fail = |source: Box<dyn std::error::Error + Send + Sync>| ReaderError::Network {
            what,
            source,
        };
        let (&[input_id], &[output_id]) = (model.input_ids(), model.output_ids()) else {
            return Err(fail("it has not one input and one output".into()));
        };
        let input = Value::from_shape(shape, input).map_err(|error| fail(error.into()))?;
        let options = RunOptions::default().with_thread_pool(self.threads.clone());
        let outputs = model.run(vec![(input_id, input.into())], &[output_id], Some(options));
        let output = outputs.map_err(|error| fail(error.into()))?.into_iter().next();
        let output = output.ok_or_else(|| fail("it gave nothing".into()))?;
        let tensor: rten_tensor::Tensor<f32> =
            output.try_into().map_err(|_| fail("it gave no numbers".into()))?;
        let shape = tensor.shape().to_vec();
        Ok((shape, tensor.into_data()))
    }
}

fn wrong(what: &'static str, shape: &[usize]) -> ReaderError {
    ReaderError::Network { what, source: format!("its output has the shape {shape:?}").into() }
}

/// Returns the index and the probability of the likeliest output; the first of equals.
fn likeliest(outputs: &[f32]) -> (usize, f32) {
    let mut best = (0, f32::NEG_INFINITY);
    for (idx, probability) in outputs.iter().enumerate() {
        if *probability > best.1 {
            best = (idx, *probability);
        }
    }
    best
}

#[cfg(test)]
mod tests;
