// The weights of a supernet: one set for every network of a space (Pham et al. 2018). Each exists
// from when a network first has a use for it; what it starts from is drawn from its key, so the
// order of the uses makes no difference. Nor do uses that do not train it: until then it is no
// state.
#pragma once

#include "child_trainer/tensors.h"
#include "search_space/network_graph.h"

namespace nas::child_trainer {

class WeightBank {
 public:
  struct Entry {
    at::Tensor value;     // a leaf that requires a gradient, as initial_parameter() makes it
    at::Tensor momentum;  // of its shape
    bool trained = false;
    bool decays() const;  // by weight decay: neither a batch norm's nor a bias
  };

  WeightBank(at::Device device, uint64_t seed) : device_(device), seed_(seed) {}
  WeightBank(const WeightBank&) = delete;
  WeightBank& operator=(const WeightBank&) = delete;

  // Of a parameter of the node, or a slice of one. References stay valid.
  Entry& entry(const search_space::Node& node, size_t parameter, const std::string& key,
               const std::vector<int64_t>& shape);

  at::Device device() const { return device_; }
  int64_t parameters() const;  // numbers that have been trained so far

  // "weights/KEY" and "momentum/KEY" of those that have been trained; the bank's own tensors.
  NamedTensors state() const;
  // Takes the values of what state() was; who uses the bank sees them. Throws DataError, naming
  // `where`.
  void load(const std::map<std::string, common::StoredTensor>& stored, const std::string& where);

 private:
  at::Device device_;
  uint64_t seed_;
  std::map<std::string, Entry> entries_;
};

}  // namespace nas::child_trainer
