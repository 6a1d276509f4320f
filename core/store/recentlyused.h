#pragma once

#include <list>
#include <map>
#include <utility>

namespace store {

/// Keeps the values that were used last, up to a total weight (but always the newest). One thread.
template <typename Key, typename Value>
class RecentlyUsed
{
public:
    explicit RecentlyUsed(size_t limit)
        : m_limit(limit)
    {
    }

    /// Null when it is not kept. Valid until the next put().
    [[nodiscard]] const Value *get(const Key &key)
    {
        const auto found = m_index.find(key);
        if (found == m_index.end())
            return nullptr;
        m_items.splice(m_items.begin(), m_items, found->second);
        return &found->second->value;
    }

    void put(const Key &key, Value value, size_t weight)
    {
        m_items.push_front({key, std::move(value), weight});
        m_index[key] = m_items.begin();
        m_total += weight;
        while (m_total > m_limit && m_items.size() > 1) {
            m_total -= m_items.back().weight;
            m_index.erase(m_items.back().key);
            m_items.pop_back();
        }
    }

private:
    struct Item {
        Key key;
        Value value;
        size_t weight = 0;
    };
    size_t m_limit;
    size_t m_total = 0;
    std::list<Item> m_items;
    std::map<Key, typename std::list<Item>::iterator> m_index;
};

} // namespace store
