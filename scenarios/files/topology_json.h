#pragma once
// Topologies as JSON (twinlink.topology/1).
//
// clang-format off
//   {"schema": "twinlink.topology/1", "name": "box", "source": "data sheet",
//    "provenance": "datasheet",
//    "nodes": [{"name": "gpu0", "kind": "gpu"},
//              {"name": "sw0", "kind": "nvswitch", "multicast": true}, ...],
//    "links": [{"from": "gpu0", "to": "sw0", "bandwidth": "450 GB/s", "latency": "0.5 us",
//               "duplex": true}]}
// clang-format on
// "multicast" (default false): the switch reduces and multicasts. Bandwidth is of one direction;
// "duplex" (default true) adds the same link back. write -> read -> write is a fixed point, and ids
// are kept. All errors at once (InputError, located).
#include <optional>
#include <string>

#include "scenarios/json/object_reader.h"
#include "topology/topology.h"

namespace twinlink::scenarios {

topology::Topology read_topology(const std::string& text, const std::string& file);
std::string write_topology(const topology::Topology& topology);

// The fields of a topology out of an object that may have others; none if there are issues.
std::optional<topology::Topology> read_topology_fields(ObjectReader& object);

}  // namespace twinlink::scenarios
