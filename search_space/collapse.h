// Cells that a search with shared weights ends in when it fails: nearly all of their operations
// have no weights, since such operations are right from the start, while the others still learn
// (Zela et al. 2020; the searches of Dong and Yang 2020 end in skip connections alone).
#pragma once

#include <string>

#include "search_space/architecture.h"

namespace nas::search_space {

struct Collapse {
  int without_weights = 0;  // edges of the normal cell: skip, identity, pool or none
  int edges = 0;            // of the normal cell; 0: the architecture has none
  bool collapsed = false;   // three quarters or more
};

// Of the normal cell: good reduction cells, such as that of darts-v2, may consist of pools alone.
Collapse collapse_of(const Architecture& architecture);

// "collapsed: 6 of 6 operations of the normal cell are skips or pools"; empty when it is not.
std::string collapse_text(const Architecture& architecture);

}  // namespace nas::search_space
