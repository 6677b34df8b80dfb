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
#pragma once

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
    int64_t first_token = 0;         // of its choices in the embedding
    int64_t values = 0;              // the vocabulary: the most values of a decision of the kind
    std::vector<int64_t> decisions;  // of the kind, ascending
    at::Tensor index;                // int64 [decisions]
    at::Tensor mask;                 // [decisions, 1, values]: 0, or -1e9 for values not there
    at::Tensor weight;               // [units, values]
    at::Tensor bias;                 // [decisions, values]
  };
  struct Place {  // of a decision
    size_t head = 0;
    int64_t row = 0;  // in Head::decisions
  };
  struct Encoded {
    at::Tensor tokens;  // int64 [decisions * batch]: inputs of the steps
    at::Tensor picks;   // int64 [decisions, batch]: choices, 0 where inactive
    at::Tensor active;  // [decisions, batch]: 1 or 0
  };

  void make_heads();
  at::Tensor add_parameter(const std::string& name, const std::vector<int64_t>& sizes,
                           common::RandomStream& random);
  int64_t token(size_t decision, int choice) const;
  Encoded encode(const std::vector<Choices>& batch) const;
  void advance(const at::Tensor& gates, at::Tensor& hidden, at::Tensor& cell) const;
  at::Tensor squash(at::Tensor logits) const;

  SpaceView view_;
  LstmPolicyOptions options_;
  std::vector<Head> heads_;
  std::vector<Place> places_;  // by decision
  int64_t tokens_ = 0;
  NamedTensors parameters_;
  at::Tensor embedding_;      // [tokens, units]
  at::Tensor position_;       // [decisions, units]
  at::Tensor input_weight_;   // [units, 4 units]; gates are input, forget, output, candidate
  at::Tensor hidden_weight_;  // [units, 4 units]
  at::Tensor gate_bias_;      // [4 units]
};

}  // namespace nas::controller
