#include "core/backup/survey.h"

#include "core/backup/reuse.h"
#include "core/backup/stopping.h"
#include "core/backup/workers.h"

#include <algorithm>
#include <mutex>

namespace backup {

namespace {

using base::Result;
using base::Status;

constexpr size_t kTogether = 100;
constexpr int kMostHundreds = 2;

using Hundred = std::vector<std::string>;

std::vector<Hundred> inHundreds(const std::vector<std::string> &databases)
{
    std::vector<Hundred> parts;
    for (size_t at = 0; at < databases.size(); at += kTogether) {
        const auto begin = databases.begin() + static_cast<std::ptrdiff_t>(at);
        const size_t count = std::min(kTogether, databases.size() - at);
        parts.emplace_back(begin, begin + static_cast<std::ptrdiff_t>(count));
    }
    return parts;
}

/// They move no sequence. Nothing when they cannot be read.
Result<std::optional<Present::Properties>> readProperties(couch::Client &source,
                                                          const std::string &database)
{
    auto security = source.security(database);
    if (!security && stopsTheRun(security.error().kind))
        return security.error();
    if (!security)
        return std::optional<Present::Properties>();
    const auto limit = source.revsLimit(database);
    if (!limit && stopsTheRun(limit.error().kind))
        return limit.error();
    if (!limit)
        return std::optional<Present::Properties>();
    return std::optional<Present::Properties>({std::move(*security), *limit});
}

class Surveyor
{
public:
    explicit Surveyor(const SurveyRequest &request)
        : m_request(request)
        , m_hundreds(std::clamp(request.parallelRequests / 4, 1, kMostHundreds))
        , m_inEach(std::max(1, request.parallelRequests / m_hundreds))
    {
    }

    Result<Survey> run()
    {
        Status looked =
            forEachInParallel(inHundreds(m_request.databases), m_hundreds,
                              [this](const Hundred &databases) { return lookAt(databases); });
        if (!looked)
            return looked.error();
        return std::move(m_survey);
    }

private:
    Status lookAt(const Hundred &databases)
    {
        const auto infos = m_request.source.databaseInfos(databases);
        if (!infos)
            return infos.error();
        std::vector<const couch::DatabaseInfo *> candidates;
        {
            const std::lock_guard lock(m_mutex);
            for (const auto &[name, info] : *infos) {
                m_survey.documents += info.docCount + info.docDelCount;
                if (m_request.earlier != nullptr && !isItsTurn(name, m_request.round)
                    && isUnchanged(present(info)))
                    candidates.push_back(&info);
                else
                    countBytes(info);
            }
        }
        return forEachInParallel(candidates, m_inEach, [this](const couch::DatabaseInfo *info) {
            return lookCloser(*info);
        });
    }

    Status lookCloser(const couch::DatabaseInfo &info)
    {
        const std::string seenAt = base::isoTime(m_request.clock.now());
        auto properties = readProperties(m_request.source, info.name);
        if (!properties)
            return properties.error();
        Present now = present(info);
        now.properties = std::move(*properties);
        const bool isSame = now.properties && isUnchanged(now);
        const std::lock_guard lock(m_mutex);
        if (!isSame)
            countBytes(info);
        else
            m_survey.unchanged[info.name] = {seenAt, info.docCount + info.docDelCount};
        return {};
    }

    /// What the files hold is compressed a little, as the archive is; PouchDB Server does not say.
    void countBytes(const couch::DatabaseInfo &info)
    {
        const std::uint64_t bytes = info.activeBytes > 0 ? info.activeBytes : info.externalBytes;
        m_survey.bytes += bytes;
        m_survey.largestBytes = std::max(m_survey.largestBytes, bytes);
    }

    [[nodiscard]] Present present(const couch::DatabaseInfo &info) const
    {
        return {m_request.server, m_request.serverUuid, info};
    }

    [[nodiscard]] bool isUnchanged(const Present &now) const
    {
        const EarlierArchive &earlier = *m_request.earlier;
        return judgeReuse(earlier.manifest(), earlier.find(now.info.name), now)
            == ReuseVerdict::Unchanged;
    }

    const SurveyRequest &m_request;
    int m_hundreds; ///< at once
    int m_inEach;   ///< databases of a hundred at once
    std::mutex m_mutex;
    Survey m_survey;
};

} // namespace

Result<Survey> surveyDatabases(const SurveyRequest &request)
{
    return Surveyor(request).run();
}

} // namespace backup
