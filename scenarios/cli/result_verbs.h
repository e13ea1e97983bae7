#pragma once
// The verbs that read result files instead of running something; as verbs.h.
#include "scenarios/cli/session.h"

namespace CLI {
class App;
}

namespace twinlink::scenarios::cli {

void add_report(CLI::App& app, Session& session);
void add_compare(CLI::App& app, Session& session);

}  // namespace twinlink::scenarios::cli
