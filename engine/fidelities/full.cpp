#include "engine/fidelity.h"

namespace nas::engine {
namespace {

const common::Register<FidelityPlugin> kRegister{
    {.name = "full", .summary = "Every child is trained for all its epochs"}};

}  // namespace
}  // namespace nas::engine
