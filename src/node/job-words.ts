/** What `starling init` says of each key of the default job, with an example where it has no default. */
export const JOB_WORDS: Readonly<Record<string, string | { words: string; example: unknown }>> = {
  name: 'for people, and for the data directory: give each job of a machine its own',
  seed: 'decides data, partition, first model and batches; change it for another run',
  model: 'what is trained',
  'model.name': 'linear, mlp, lenet or resnet8 (pictures), gpt (text)',
  'model.hidden': { words: 'widths of the hidden layers; wider for harder data', example: [256, 128] },
  start: 'common; independent: a model of its own on each node; file:PATH: go on from weights of yours',
  trainable: 'all, or head: the output layer alone, on a model from a file',
  data: 'what is learnt from',
  'data.set':
    'glyphs (drawn here, nothing to fetch), fashion-mnist, mnist, idx:DIR, csv:FILE or text:FILE; a node can take data of its own with --data',
  'data.partition': 'how slices differ: iid, classes:K (K classes a node) or dirichlet:ALPHA (less is more skewed)',
  'data.nodes': 'into how many slices the data is cut: the number of your nodes',
  batchSize: 'examples in a step; more for a smoother, slower run',
  optimiser: 'how a step is made of a gradient',
  'optimiser.name': 'sgd, or adamw (mostly better for gpt)',
  'optimiser.momentum': 'lower it when training diverges',
  'optimiser.weightDecay': 'raise it when the model learns its examples by heart',
  learningRate: 'how far a step goes',
  'learningRate.peak': {
    words: 'the largest; left out, by model and optimiser. Halve it when training diverges',
    example: 0.07
  },
  'learningRate.schedule': {
    words: 'cosine follows the budget down; constant. Left out: cosine with a budget, constant without',
    example: 'cosine'
  },
  learner: 'how the nodes learn together',
  'learner.name':
    'gossip (each with its neighbours), modest (a few train each round, for large swarms), spsa (a byte a step, for thin links); dpsgd and fedavg to compare with',
  'learner.topology': 'who exchanges with whom: ring, full, regular:K (K neighbours) or random:K (others each round)',
  'learner.localSteps': 'steps between two exchanges; more saves traffic, fewer keep skewed nodes together',
  'learner.settleRounds': 'rounds at the end that only exchange, so that all models agree',
  'learner.quorum': 'a round waits for this fraction of its neighbours, or a deadline; 0 waits for nobody',
  'learner.filter': { words: 'leave out peers by what they sent before: mud-hog or bristle', example: 'mud-hog' },
  'learner.merge': 'how models are combined: mean, variance-corrected, fisher or aligned',
  'learner.robust': {
    words: 'instead of merge, where nodes may be hostile; f: how many. docs/ROBUST.md has the rules',
    example: 'trimmed-mean:f=1'
  },
  'learner.fallback': 'of a round with too few models for the robust rule: keep the own, or take the mean',
  budget: 'without one, a node runs until it is stopped',
  'budget.rounds': { words: 'of each node', example: 1000 },
  'budget.seconds': { words: 'or time, whichever ends first', example: 3600 },
  membership: 'who may take part; without it, everybody who has this file and finds a node',
  'membership.owner': {
    words: 'peer id of the key that signs invitations: starling invite',
    example: '12D3KooWHHzSeKaY8xuZVzkLbKFfvNgPPeKhFBGrMbNzbm5akpqu'
  },
  'membership.allow': {
    words: 'or peer ids of all nodes: starling id prints them',
    example: ['12D3KooWHHzSeKaY8xuZVzkLbKFfvNgPPeKhFBGrMbNzbm5akpqu']
  },
  evaluation: 'on test examples that are the same everywhere',
  'evaluation.points': 'on the curve over the run; without a budget one a minute; 0 for the last one only',
  'evaluation.limit': 'test examples for each; the last takes all'
}
