#pragma once

#include "core/serve/answer.h"
#include "core/serve/backend.h"

#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace serve {

/// The servers of this process by their port, for a replicator that finds them by URL: it reaches
/// these and no other. Thread-safe; what find() returns is valid as long as nothing is removed,
/// which happens only between the events of a Timeline.
class Neighbours
{
public:
    struct Neighbour {
        Handler *handler = nullptr;
        Backend *backend = nullptr;
        std::uint64_t start = 0; ///< another one after every start of the server
    };
    void add(std::uint16_t port, Handler &handler, Backend &backend);
    void remove(std::uint16_t port);
    /// Of a loopback host ("127.0.0.1", "localhost", "[::1]").
    [[nodiscard]] std::optional<Neighbour> find(std::string_view host, std::uint16_t port) const;

private:
    mutable std::mutex m_mutex;
    std::map<std::uint16_t, Neighbour> m_neighbours;
    std::uint64_t m_starts = 0;
};

/// True for a name that could stand for another machine: neither an address nor localhost. In a
/// rehearsal no such name can be resolved.
[[nodiscard]] bool isForeignName(std::string_view host);

} // namespace serve
