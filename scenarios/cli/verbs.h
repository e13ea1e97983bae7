#pragma once
// The verbs of the program. Each add_ function adds its subcommand and options to `app`; the
// command line read, the chosen one has set Session::action.
#include <string>
#include <vector>

#include "scenarios/cli/session.h"

namespace CLI {
class App;
}

namespace twinlink::scenarios::cli {

void add_run(CLI::App& app, Session& session);
void add_coll(CLI::App& app, Session& session);
void add_plan(CLI::App& app, Session& session);
void add_check(CLI::App& app, Session& session);
void add_topo(CLI::App& app, Session& session);
void add_list(CLI::App& app, Session& session);
void add_schema(CLI::App& app, Session& session);
void add_validate(CLI::App& app, Session& session);
void add_calibrate(CLI::App& app, Session& session);
void add_measure(CLI::App& app, Session& session);

// `text` as "Did you mean ...?" of the nearest candidate, or all of them if there are few; empty:
// none.
std::string suggestion(const std::string& text, const std::vector<std::string>& candidates);

}  // namespace twinlink::scenarios::cli
