#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

namespace archive {

/// The pieces of an archive that were inflated last, up to a number of bytes. Thread-safe; two
/// threads that want the same piece inflate it once, different pieces at the same time.
class ChunkCache
{
public:
    using Chunk = std::shared_ptr<const std::string>;
    using Load = std::function<base::Result<std::string>()>;

    explicit ChunkCache(std::uint64_t maxBytes)
        : m_maxBytes(maxBytes)
    {
    }
    /// The piece called `key`; `load` makes it where it is not there. A failed load is not kept.
    [[nodiscard]] base::Result<Chunk> get(std::uint64_t key, const Load &load);

private:
    struct Slot {
        std::mutex loading;
        Chunk chunk; // guarded by `loading`
    };
    struct Place {
        std::shared_ptr<Slot> slot;
        std::list<std::uint64_t>::iterator used;
        std::uint64_t bytes = 0;
    };
    [[nodiscard]] std::shared_ptr<Slot> slotFor(std::uint64_t key);
    void account(std::uint64_t key, const std::shared_ptr<Slot> &slot, std::uint64_t bytes);
    void drop(std::uint64_t key, const std::shared_ptr<Slot> &slot);

    std::mutex m_mutex;
    std::uint64_t m_maxBytes;
    std::uint64_t m_bytes = 0;
    std::list<std::uint64_t> m_used; // last used first
    std::unordered_map<std::uint64_t, Place> m_places;
};

} // namespace archive
