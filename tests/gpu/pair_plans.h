#pragma once
// All-reduce plans that push, for machines where a store to a peer is cheaper than a load from it.
// They have no closed form yet, so they are not in the catalogue.
//
//   one_shot_push  everyone copies its input into a scratch of each other member, by edges of
//                  request.edge, and folds what arrives: one flight, P-1 times the bytes (LL: twice
//                  that on the wire, LL128: 8/7)
//   two_shot_push  everyone pushes share i to the scratch of member i; fenced rendezvous; member i
//                  folds its share, in the order of the members, into all outputs
//   two_shot_copies  meeting; SMs fold share i into the output of member i; its copy engine pushes
//   it
//                  into all other outputs; everyone waits for the shares of the others on its SMs
//   transpose_exscan  member i folds share i of all states in order and pushes each prefix to its
//                  member: one scan_reduce a rank
#include "models/collectives/catalogue.h"

namespace twinlink::testing {

struct PushRequest {
  std::vector<std::int32_t> gpu_of_rank;
  Bytes bytes;
  models::ElementType element = models::ElementType::fp32;
  models::LaneShape shape;
  models::LaunchMode launch = models::LaunchMode::graph;
  models::Edge edge = models::Edge::inline_ll;  // one_shot_push only
};

models::Plan one_shot_push(const PushRequest& request);
models::Plan two_shot_push(const PushRequest& request);
models::Plan two_shot_copies(const PushRequest& request);
models::Plan transpose_exscan(const models::CollectiveRequest& request);

}  // namespace twinlink::testing
