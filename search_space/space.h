// A search space is an ordered list of decisions; an architecture is one value for each active one.
// One file each in search_space/spaces/.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/random.h"
#include "common/registry.h"
#include "search_space/architecture.h"
#include "search_space/mixture.h"

namespace nas::search_space {

enum class Scale { kCategorical, kLinear, kLog };

struct Decision {
  std::string name;                 // "normal.block0.left.state"
  std::vector<std::string> values;  // 1 or more; the meaning of choice i is values[i]
  std::string kind;  // "state" | "operation" | "combine" | …: decisions of one kind share
                     // a vocabulary, of which this one may use the first values.size()
  Scale scale = Scale::kCategorical;
  struct Condition {
    int decision = 0;  // index of an earlier decision
    int choice = 0;    // which must have this choice
  };
  std::optional<Condition> active_if = {};
  // The index of an earlier decision: this one, "no" or "yes", says whether what that one belongs
  // to (a layer) is an input of what this one belongs to. A policy may decide it by attention from
  // its state here to that there (Zoph and Le 2017). Those that follow each other are one anchor
  // point: they are decided together.
  std::optional<int> attends_to = {};
};

// choices[i] in [0, decisions[i].values.size()), or kInactive.
using Choices = std::vector<int>;
inline constexpr int kInactive = -1;

class Space {
 public:
  virtual ~Space() = default;

  const std::vector<Decision>& decisions() const { return decisions_; }

  // Throws InternalError when `choices` is not valid (see valid()).
  virtual Architecture architecture(const Choices& choices) const = 0;
  // The inverse; throws DataError when the architecture is not in this space.
  virtual Choices choices(const Architecture& architecture) const = 0;

  // Equal keys mean provably equal networks: dead nodes and the order of inputs removed. Networks
  // that are only similar have different keys.
  virtual std::string key(const Choices& choices) const = 0;

  // A fixed-length description for surrogate models: operation counts and the like.
  virtual std::vector<double> features(const Choices& choices) const = 0;

  // Every choice vector that differs in one decision (and is made valid again); same order always.
  virtual std::vector<Choices> neighbours(const Choices& choices) const;

  // The supernet that a differentiable search trains; nothing where the space has none.
  virtual std::optional<Mixture> mixture() const { return std::nullopt; }

  // Uniform over the values of each active decision, in order.
  Choices sample(common::RandomStream& random) const;

  bool valid(const Choices& choices) const;
  bool active(size_t decision, const Choices& choices) const;

 protected:
  std::vector<Decision> decisions_;
};

struct SpacePlugin {
  static constexpr const char* kKind = "space";
  std::string name;
  std::string summary;
  std::unique_ptr<Space> (*make)() = nullptr;
  bool of_settings = false;  // a SettingsSpace: for `nas tune`
};

// The registered space of networks of this name, or the one that a TOML file describes: a text that
// ends with ".toml" (search_space/space_file.h). Throws UsageError (no such space or file, or one
// of settings, for which there is find_settings()), ConfigError (the file does not fit).
std::unique_ptr<Space> find_space(const std::string& text);
inline bool is_space_file(const std::string& text) { return text.ends_with(".toml"); }

}  // namespace nas::search_space
