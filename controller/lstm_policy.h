// The policy of Zoph et al. (2018): one LSTM that makes a space's decisions one after another.
//
//   input of step t   embedding(choice of decision t - 1) + position(t); the first step has a
//                     learnt "start", an inactive decision is a learnt "skipped"
//   logits of step t  LSTM output * weight(kind) + bias(t), over the values of the decision
//
// Decisions of one kind share their vocabulary: the embeddings of its choices and the softmax
// weight, so what is learnt of an operation at one place is of use at all others. Places differ,
// though, and an LSTM of so small weights would need long to count its steps: position(t) and
// bias(t) tell it at once where it is, at `units` and `values` numbers a decision.
//
// Connections (Decision::attends_to) are decided by the set-selection attention of Zoph and Le
// (2017). All of an anchor point are made at one step, whose state is h(i); the decision that
// attends to the state h(j) says yes with the probability
//
//   sigmoid(v' tanh(W_previous h(j) + W_current h(i)))
//
// and the step after it reads embedding(anchor) + the mean of embedding(j) over those that said
// yes.
#pragma once

#include "controller/decision_steps.h"
#include "controller/state_text.h"

namespace nas::controller {

struct LstmPolicyOptions {
  int64_t units = 100;                // of the LSTM and of the embeddings; 1 or more
  double temperature = 1.0;           // logits are divided by it; > 0
  double tanh_constant = 0.0;         // c > 0: logits become c tanh(logits); 0: they stay
  at::ScalarType dtype = at::kFloat;  // kDouble for tests against finite differences
};

class LstmPolicy {
 public:
  struct Proposal {
    Choices choices;
    double log_prob = 0.0;
  };
  struct Evaluation {
    at::Tensor log_probs;  // [batch]
    at::Tensor entropies;  // [batch]; the sum over the decisions, each given those before it
  };

  // All weights are drawn from uniform(-0.1, 0.1).
  LstmPolicy(const SpaceView& view, const LstmPolicyOptions& options, common::RandomStream& random);

  // Of valid choices; with gradients. Inactive decisions add 0 to both.
  Evaluation log_probs_and_entropy(const std::vector<Choices>& batch) const;

  // Draws one proposal for each temperature: the softmaxes are sampled at that temperature (on top
  // of the policy's own), while log_prob is the policy's own, at 1. Without gradients.
  std::vector<Proposal> sample(common::RandomStream& random,
                               const std::vector<double>& temperatures = {1.0}) const;

  // In the same order always.
  const NamedTensors& parameters() const { return parameters_; }

 private:
  struct Head {  // the softmax of one kind of decision
    std::string kind;
    bool attention = false;
    int64_t first_token = 0;         // of its choices in the embedding
    int64_t values = 0;              // the vocabulary: the most values of a decision of the kind
    std::vector<int64_t> decisions;  // of the kind, ascending
    at::Tensor index;                // int64 [decisions]
    at::Tensor steps;                // int64 [decisions]: when they are made
    at::Tensor mask;                 // [decisions, 1, values]: 0, or -1e9 for values not there
    at::Tensor weight;               // [units, values]
    at::Tensor bias;                 // [decisions, values]
    // Of attention, in place of weight and bias.
    at::Tensor attended;  // int64 [decisions]: the steps attended to
    at::Tensor previous;  // [units, units]
    at::Tensor current;   // [units, units]
    at::Tensor vector;    // [units]
  };
  struct Place {  // of a decision
    size_t head = 0;
    int64_t row = 0;  // in Head::decisions
  };
  struct Encoded {
    at::Tensor tokens;  // int64 [steps * batch]: inputs of the steps
    at::Tensor links;   // [steps * batch, sources]: weights of sources; undefined without anchors
    at::Tensor picks;   // int64 [decisions, batch]: choices, 0 where inactive
    at::Tensor active;  // [decisions, batch]: 1 or 0
  };

  void make_heads();
  void finish_head(Head& head);
  at::Tensor add_parameter(const std::string& name, const std::vector<int64_t>& sizes,
                           common::RandomStream& random);
  int64_t token_after(size_t step, const Choices& choices) const;
  at::Tensor read(const at::Tensor& tokens, const at::Tensor& links) const;
  Encoded encode(const std::vector<Choices>& batch) const;
  void advance(const at::Tensor& gates, at::Tensor& hidden, at::Tensor& cell) const;
  at::Tensor squash(at::Tensor logits) const;
  at::Tensor logits(const Head& head, const at::Tensor& states) const;
  at::Tensor logits_at(size_t step, const std::vector<at::Tensor>& states) const;

  SpaceView view_;
  LstmPolicyOptions options_;
  DecisionSteps steps_;
  std::vector<Head> heads_;
  std::vector<Place> places_;  // by decision
  int64_t first_source_token_ = 0;
  int64_t tokens_ = 0;
  NamedTensors parameters_;
  at::Tensor embedding_;      // [tokens, units]
  at::Tensor position_;       // [steps, units]
  at::Tensor input_weight_;   // [units, 4 units]; gates are input, forget, output, candidate
  at::Tensor hidden_weight_;  // [units, 4 units]
  at::Tensor gate_bias_;      // [4 units]
};

}  // namespace nas::controller
