#include "core/serve/routes.h"

#include "core/base/json.h"
#include "core/serve/arguments.h"
#include "core/serve/infotext.h"
#include "core/serve/writeroutes.h"

#include <algorithm>

namespace serve {

using base::Result;
namespace json = base::json;

namespace {

void refuse(const Call &call, const Refusal &refusal)
{
    sendRefusal(call.answer, refusal);
}

/// What of one document's revisions is not here.
struct Missing {
    std::vector<store::RevId> revs;
    std::vector<store::RevId> possibleAncestors;
};

Result<Missing> missingOf(Database &database, const std::string &id,
                          const std::vector<store::RevId> &asked)
{
    Missing missing;
    const auto document = database.document(id);
    if (!document)
        return document.error();
    if (!*document) {
        missing.revs = asked;
        return missing;
    }
    const store::RevTree &tree = (*document)->tree;
    std::uint64_t newest = 0;
    for (const store::RevId &rev : asked) {
        if (tree.find(rev) >= 0)
            continue;
        missing.revs.push_back(rev);
        newest = std::max(newest, rev.generation);
    }
    if (missing.revs.empty())
        return missing;
    for (const std::int32_t leaf : leavesWinnerFirst(tree)) {
        if (tree.revOf(leaf).generation < newest)
            missing.possibleAncestors.push_back(tree.revOf(leaf));
    }
    return missing;
}

std::string revList(const std::vector<store::RevId> &revs)
{
    std::string text = "[";
    for (const store::RevId &rev : revs)
        text += (text.size() > 1 ? "," : "") + json::quoted(rev.toString());
    return text + ']';
}

/// Goes through `{"id":["rev",...],...}` and writes a member for each id that misses something.
template <typename Text>
void answerMissing(const Call &call, std::string_view before, const Text &textOf,
                   std::string_view behind)
{
    const auto body = bodyObject(call.request);
    if (const Refusal *refusal = refusalIn(body))
        return refuse(call, *refusal);
    std::string text(before);
    bool isFirst = true;
    for (const auto &[key, value] : valueIn(body)) {
        const auto revs = revisionList(value);
        if (const Refusal *refusal = refusalIn(revs))
            return refuse(call, *refusal);
        const auto missing = missingOf(*call.database, json::unescape(key), valueIn(revs));
        if (!missing)
            return refuse(call, refusal::fromError(missing.error()));
        if (missing->revs.empty())
            continue;
        text.append(isFirst ? "\"" : ",\"").append(key).append("\":").append(textOf(*missing));
        isFirst = false;
    }
    sendJson(call.answer, text.append(behind));
}

} // namespace

std::string sequenceText(std::uint64_t seq, Database &database)
{
    return json::quoted(std::to_string(seq) + '-' + database.sequenceToken());
}

Result<std::string> infoText(const std::string &name, Database &database)
{
    const auto info = database.info();
    if (!info)
        return info.error();
    const std::string bytes = std::to_string(info->bytes);
    return R"({"instance_start_time":)" + json::quoted(info->instanceStartTime) + R"(,"db_name":)"
        + json::quoted(name) + R"(,"purge_seq":)" + sequenceText(info->purgeSeq, database)
        + R"(,"update_seq":)" + sequenceText(info->updateSeq, database) + R"(,"sizes":{"file":)"
        + bytes + R"(,"external":)" + bytes + R"(,"active":)" + bytes + R"(},"props":)"
        + info->props + R"(,"doc_del_count":)" + std::to_string(info->deleted) + R"(,"doc_count":)"
        + std::to_string(info->documents)
        + R"(,"disk_format_version":8,"compact_running":false,"cluster":{"q":1,"n":1,"w":1,"r":1}})";
}

Outcome databaseInfo(const Call &call)
{
    const auto text = infoText(call.request.path.front(), *call.database);
    if (text)
        sendJson(call.answer, *text);
    else
        refuse(call, refusal::fromError(text.error()));
    return nullptr;
}

Outcome ensureFullCommit(const Call &call)
{
    const auto info = call.database->info();
    if (info)
        sendJson(call.answer,
                 R"({"ok":true,"instance_start_time":)" + json::quoted(info->instanceStartTime)
                     + '}',
                 201);
    else
        refuse(call, refusal::fromError(info.error()));
    return nullptr;
}

Outcome security(const Call &call)
{
    if (call.request.method == "PUT")
        return putSecurity(call);
    sendJson(call.answer, call.database->security());
    return nullptr;
}

Outcome revsLimit(const Call &call)
{
    if (call.request.method == "PUT")
        return putRevsLimit(call);
    sendJson(call.answer, std::to_string(call.database->revsLimit()));
    return nullptr;
}

Outcome purgedInfosLimit(const Call &call)
{
    if (call.request.method == "PUT")
        refuse(call, refusal::notImplemented("setting _purged_infos_limit"));
    else
        sendJson(call.answer, "1000");
    return nullptr;
}

Outcome compact(const Call &call)
{
    sendJson(call.answer, R"({"ok":true})", 202);
    return nullptr;
}

Outcome revsDiff(const Call &call)
{
    answerMissing(
        call, "{",
        [](const Missing &missing) {
            return R"({"missing":)" + revList(missing.revs)
                + (missing.possibleAncestors.empty()
                       ? ""
                       : R"(,"possible_ancestors":)" + revList(missing.possibleAncestors))
                + '}';
        },
        "}");
    return nullptr;
}

Outcome missingRevs(const Call &call)
{
    answerMissing(
        call, R"({"missing_revs":{)", [](const Missing &missing) { return revList(missing.revs); },
        "}}");
    return nullptr;
}

} // namespace serve
