#pragma once

#include "core/serve/backend.h"
#include "core/serve/timeline.h"

#include <map>
#include <random>

namespace serve {

/// How the sample organisations live.
struct LifeOptions {
    std::uint64_t seed = 1;
    std::chrono::seconds editEvery{20}; ///< one document of one database; 0: none
    std::chrono::seconds birthEvery{0}; ///< a new organisation: a pair of databases; 0: none
    std::chrono::seconds deathEvery{0}; ///< the pair of an organisation is deleted; 0: none
};

/// Lets the databases of a server be written by their users: documents are made, edited and
/// deleted, organisations come and go. The same seed does the same at the same simulated moments.
/// Everything happens in events of the Timeline.
class Life final : public std::enable_shared_from_this<Life>
{
public:
    /// Both outlive this.
    Life(Timeline &timeline, Backend &backend, LifeOptions options);

    void begin();
    /// The smallest number of organisations that deaths leave.
    static constexpr size_t kFewest = 2;

private:
    void later(std::chrono::seconds every, void (Life::*what)());
    void edit();
    void birth();
    void death();
    [[nodiscard]] std::vector<std::string> databases() const;
    [[nodiscard]] std::vector<std::string> &idsOf(const std::string &name, Database &database);
    [[nodiscard]] std::uint64_t pick(std::uint64_t below);

    Timeline &m_timeline;
    Backend &m_backend;
    const LifeOptions m_options;
    std::mt19937_64 m_random;
    std::uint64_t m_made = 0;
    std::map<std::string, std::vector<std::string>> m_ids; ///< live documents, by database
    std::map<std::string, std::shared_ptr<Database>> m_seen;
};

/// The next revision of a document's winner, or a new document, without HTTP. `members` is the
/// inside of a JSON object.
[[nodiscard]] std::optional<Refusal> editInPlace(Database &database, const std::string &id,
                                                 const std::string &members);

} // namespace serve
