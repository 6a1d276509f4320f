#include "core/archive/chunkcache.h"

namespace archive {

base::Result<ChunkCache::Chunk> ChunkCache::get(std::uint64_t key, const Load &load)
{
    const std::shared_ptr<Slot> slot = slotFor(key);
    const std::lock_guard loading(slot->loading);
    if (slot->chunk)
        return slot->chunk;
    base::Result<std::string> bytes = load();
    if (!bytes) {
        drop(key, slot);
        return bytes.error();
    }
    slot->chunk = std::make_shared<const std::string>(*std::move(bytes));
    account(key, slot, slot->chunk->size());
    return slot->chunk;
}

std::shared_ptr<ChunkCache::Slot> ChunkCache::slotFor(std::uint64_t key)
{
    const std::lock_guard lock(m_mutex);
    const auto place = m_places.find(key);
    if (place != m_places.end()) {
        m_used.splice(m_used.begin(), m_used, place->second.used);
        return place->second.slot;
    }
    m_used.push_front(key);
    return m_places.emplace(key, Place{std::make_shared<Slot>(), m_used.begin(), 0})
        .first->second.slot;
}

void ChunkCache::account(std::uint64_t key, const std::shared_ptr<Slot> &slot, std::uint64_t bytes)
{
    const std::lock_guard lock(m_mutex);
    const auto place = m_places.find(key);
    if (place == m_places.end() || place->second.slot != slot)
        return; // pushed out while it was loaded
    place->second.bytes = bytes;
    m_bytes += bytes;
    while (m_bytes > m_maxBytes && m_used.size() > 1) {
        const auto oldest = m_places.find(m_used.back());
        m_bytes -= oldest->second.bytes;
        m_places.erase(oldest);
        m_used.pop_back();
    }
}

void ChunkCache::drop(std::uint64_t key, const std::shared_ptr<Slot> &slot)
{
    const std::lock_guard lock(m_mutex);
    const auto place = m_places.find(key);
    if (place == m_places.end() || place->second.slot != slot)
        return;
    m_used.erase(place->second.used);
    m_places.erase(place);
}

} // namespace archive
