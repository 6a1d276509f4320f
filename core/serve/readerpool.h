#pragma once

#include "core/base/filesource.h"
#include "core/store/reader.h"

#include <mutex>

namespace serve {

/// Open readers of one database: a reader is for one thread at a time, opening one costs reading
/// its MANIFEST. Thread-safe.
class ReaderPool
{
public:
    using Open = std::function<base::Result<std::shared_ptr<const base::FileSet>>()>;
    /// `open` is called once for each reader that is missing.
    explicit ReaderPool(Open open)
        : m_open(std::move(open))
    {
    }

    /// A reader, given back when it goes. Its pool outlives it.
    class Lease
    {
    public:
        Lease(ReaderPool &pool, std::unique_ptr<store::Reader> reader)
            : m_pool(&pool)
            , m_reader(std::move(reader))
        {
        }
        ~Lease();
        Lease(Lease &&) noexcept = default;
        Lease &operator=(Lease &&) = delete;
        Lease(const Lease &) = delete;
        Lease &operator=(const Lease &) = delete;
        [[nodiscard]] store::Reader *operator->() const { return m_reader.get(); }

    private:
        ReaderPool *m_pool;
        std::unique_ptr<store::Reader> m_reader;
    };
    [[nodiscard]] base::Result<Lease> take();
    /// Closes those that nobody uses.
    void drop();

private:
    Open m_open;
    std::mutex m_mutex;
    std::vector<std::unique_ptr<store::Reader>> m_idle;
};

} // namespace serve
