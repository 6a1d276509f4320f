#pragma once

#include "core/backup/extract.h"

namespace backup {

/// Takes the documents of one database out, into a folder of its own. One thread.
class DatabaseExtractor
{
public:
    struct Target {
        std::string name;      ///< of the database
        base::fs::path folder; ///< made where it is not there
        ExtractIndex &index;
        ExtractReport &report;
        Progress &progress;
    };
    DatabaseExtractor(store::Reader &store, Target target, std::stop_token stop);

    /// Errors are those of writing and of being stopped; damage becomes problems.
    [[nodiscard]] base::Status extractAll();
    /// All leaves of one document. NotFound when there is no such document.
    [[nodiscard]] base::Status extractOne(std::string_view id);
    [[nodiscard]] const std::vector<ExtractProblem> &problems() const { return m_problems; }

private:
    /// A leaf that has a body, as the metadata names it.
    struct Leaf {
        std::uint64_t seq = 0;
        std::uint64_t name = 0; ///< a hash of its id and revision: the body must say the same
        bool isWinner = false;
        bool isDone = false;
    };
    /// An attachment that is still to be written.
    struct Pending {
        std::string digest;
        std::string id;
        std::string rev;
        std::string name;
        std::string file;
    };

    [[nodiscard]] base::Status check() const;
    [[nodiscard]] base::Status collect(const store::Metadata &metadata);
    [[nodiscard]] base::Status collectAll();
    [[nodiscard]] base::Status writeBodies();
    [[nodiscard]] base::Status writeLeftBodies();
    [[nodiscard]] std::vector<std::uint64_t> missingNames() const;
    void nameMissing(const store::Metadata &metadata, const std::vector<std::uint64_t> &missing);
    [[nodiscard]] base::Status nameAllMissing();
    [[nodiscard]] base::Status writeBody(Leaf &leaf, std::string_view text);
    [[nodiscard]] base::Status writeFile(const std::string &file, std::string_view bytes);
    [[nodiscard]] base::Status skipTaken(const base::Error &error, std::string_view id,
                                         std::string_view rev, std::string_view attachment);
    [[nodiscard]] base::Status writePending();
    [[nodiscard]] base::Status writeAttachment(const Pending &pending);
    void addProblem(const char *code, std::string_view id, std::string_view rev, QString message,
                    std::string_view attachment = {});

    store::Reader &m_store;
    Target m_target;
    std::stop_token m_stop;
    std::vector<Leaf> m_leaves;
    std::vector<Pending> m_pending;
    std::vector<ExtractProblem> m_problems;
    bool m_hasMoreProblems = false;
};

} // namespace backup
