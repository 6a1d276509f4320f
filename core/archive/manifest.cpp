#include "core/archive/manifest.h"

#include "core/base/json.h"
#include "core/base/text.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <utility>

namespace archive {

namespace {

using base::Error;
using base::ErrorKind;
using base::Result;
namespace json = base::json;

// --- writing -----------------------------------------------------------------------------------

/// Writes one object, a member a line where `indent` says so.
class ObjectText
{
public:
    ObjectText(std::string &out, std::string_view separator)
        : m_out(out)
        , m_separator(separator)
    {
        m_out += '{';
    }
    void end() { m_out += '}'; }

    std::string &key(std::string_view name)
    {
        if (!m_first)
            m_out += ',';
        m_first = false;
        m_out += m_separator;
        json::appendQuoted(m_out, name);
        m_out += ':';
        return m_out;
    }
    void text(std::string_view name, std::string_view value)
    {
        json::appendQuoted(key(name), value);
    }
    void number(std::string_view name, std::uint64_t value) { key(name) += std::to_string(value); }
    void boolean(std::string_view name, bool value) { key(name) += value ? "true" : "false"; }
    /// JSON text as it is; null where there is none.
    void raw(std::string_view name, std::string_view value)
    {
        key(name) += value.empty() ? "null" : value;
    }
    void optional(std::string_view name, const std::optional<std::string> &value)
    {
        if (value)
            text(name, *value);
    }

private:
    std::string &m_out;
    std::string_view m_separator;
    bool m_first = true;
};

template <typename Items, typename Append>
void appendArray(std::string &out, const Items &items, std::string_view separator,
                 const Append &append)
{
    out += '[';
    bool first = true;
    for (const auto &item : items) {
        out += first ? "" : ",";
        out += separator;
        append(out, item);
        first = false;
    }
    out += ']';
}

void appendOmission(std::string &out, const Omission &omission)
{
    ObjectText object(out, "");
    object.text("code", omission.code);
    object.optional("id", omission.id);
    object.optional("rev", omission.rev);
    object.optional("attachment", omission.attachment);
    object.text("message", omission.message);
    object.end();
}

void appendBuckets(std::string &out, const std::map<int, std::string> &buckets)
{
    ObjectText object(out, "");
    for (const auto &[bucket, hash] : buckets)
        object.text(std::to_string(bucket), hash);
    object.end();
}

void appendDatabase(std::string &out, const ManifestDatabase &database)
{
    ObjectText object(out, "");
    object.text("name", database.name);
    object.text("directory", database.directory);
    object.text("content_from", database.contentFrom);
    object.text("instance_start_time", database.instanceStartTime);
    object.raw("update_seq", database.updateSeq);
    object.raw("purge_seq", database.purgeSeq);
    object.raw("security", database.security);
    object.raw("revs_limit",
               database.revsLimit ? std::to_string(*database.revsLimit) : std::string{});
    object.raw("props", database.props);
    object.number("documents", database.documents);
    object.number("deleted", database.deleted);
    object.number("leaves", database.leaves);
    object.number("conflicted", database.conflicted);
    object.number("attachments", database.attachments);
    object.number("attachment_bytes", database.attachmentBytes);
    object.text("leaf_set", database.leafSet);
    appendBuckets(object.key("leaf_set_buckets"), database.leafSetBuckets);
    object.text("content_hash", database.contentHash);
    object.text("started_at", database.startedAt);
    object.text("finished_at", database.finishedAt);
    object.text("compared_at", database.comparedAt);
    object.number("bodies_compared", database.bodiesCompared);
    object.boolean("changed_during_run", database.changedDuringRun);
    object.boolean("reused", database.reused);
    appendArray(object.key("omissions"), database.omissions, "", appendOmission);
    object.end();
}

// --- reading -----------------------------------------------------------------------------------

/// Kinds of values a field may have.
class Kinds
{
public:
    template <typename... Kind>
    constexpr Kinds(Kind... kinds) // NOLINT(google-explicit-constructor): a list of kinds is one
        : m_bits((0U | ... | (1U << static_cast<unsigned>(kinds))))
    {
    }
    [[nodiscard]] constexpr bool has(json::Kind kind) const
    {
        return (m_bits >> static_cast<unsigned>(kind) & 1U) != 0;
    }

private:
    unsigned m_bits;
};

/// Reads members of one object by name and remembers the first thing that is wrong.
class Fields
{
public:
    /// `place` names the object in messages; `error` collects over several objects.
    Fields(std::string_view object, QString place, std::optional<Error> &error)
        : m_place(std::move(place))
        , m_error(error)
    {
        auto members = json::members(object);
        if (members)
            m_members = *std::move(members);
        else
            fail(base::text("%1 is no JSON object").arg(m_place));
        std::sort(m_members.begin(), m_members.end(),
                  [](const auto &a, const auto &b) { return a.key < b.key; });
    }

    /// The value of a field of one of these kinds; a null value is given as nothing where that is
    /// allowed.
    std::optional<std::string_view> value(std::string_view name, Kinds kinds, bool required = true)
    {
        const auto member =
            std::lower_bound(m_members.begin(), m_members.end(), name,
                             [](const auto &a, std::string_view key) { return a.key < key; });
        if (member == m_members.end() || member->key != name) {
            if (required)
                fail(base::text("%1 has no field \"%2\"").arg(m_place, base::printable(name)));
            return std::nullopt;
        }
        const auto kind = json::kindOf(member->value);
        if (!kind || !kinds.has(*kind)) {
            fail(base::text("the field \"%2\" of %1 has the wrong type")
                     .arg(m_place, base::printable(name)));
            return std::nullopt;
        }
        return *kind == json::Kind::Null ? std::nullopt : std::optional(member->value);
    }

    std::string text(std::string_view name)
    {
        const auto raw = value(name, {json::Kind::String});
        return raw ? json::unescape(*raw) : std::string{};
    }
    std::optional<std::string> optionalText(std::string_view name)
    {
        const auto raw = value(name, {json::Kind::String}, false);
        return raw ? std::optional(json::unescape(*raw)) : std::nullopt;
    }
    std::uint64_t number(std::string_view name)
    {
        return toNumber(name, value(name, {json::Kind::Number})).value_or(0);
    }
    std::optional<std::uint64_t> optionalNumber(std::string_view name)
    {
        return toNumber(name, value(name, {json::Kind::Number, json::Kind::Null}));
    }
    std::optional<std::uint64_t> numberIfThere(std::string_view name)
    {
        return toNumber(name, value(name, {json::Kind::Number}, false));
    }
    bool boolean(std::string_view name)
    {
        const auto raw = value(name, {json::Kind::True, json::Kind::False});
        return raw && *raw == "true";
    }
    std::string raw(std::string_view name, Kinds kinds)
    {
        return std::string(value(name, kinds).value_or(std::string_view{}));
    }
    std::vector<std::string_view> array(std::string_view name)
    {
        const auto raw = value(name, {json::Kind::Array});
        const auto elements = raw
            ? json::elements(*raw)
            : Result<std::vector<std::string_view>>(std::vector<std::string_view>{});
        return elements ? *elements : std::vector<std::string_view>{};
    }
    std::vector<std::string> texts(std::string_view name)
    {
        std::vector<std::string> list;
        for (const std::string_view element : array(name)) {
            if (json::kindOf(element) == json::Kind::String)
                list.push_back(json::unescape(element));
            else
                fail(base::text("the field \"%2\" of %1 has the wrong type")
                         .arg(m_place, base::printable(name)));
        }
        return list;
    }
    void fail(const QString &what)
    {
        if (!m_error)
            m_error = Error{ErrorKind::Corrupt,
                            base::text("The manifest of the archive cannot be read: %1.").arg(what),
                            {}};
    }

private:
    std::optional<std::uint64_t> toNumber(std::string_view name,
                                          std::optional<std::string_view> raw)
    {
        const auto number = raw ? json::toUnsigned(*raw) : std::nullopt;
        if (raw && !number)
            fail(base::text("the field \"%2\" of %1 is no count")
                     .arg(m_place, base::printable(name)));
        return number;
    }

    QString m_place;
    std::optional<Error> &m_error;
    std::vector<json::Member> m_members;
};

std::vector<Omission> readOmissions(Fields &fields, std::optional<Error> &error)
{
    std::vector<Omission> list;
    for (const std::string_view element : fields.array("omissions")) {
        Fields omission(element, base::text("an omission"), error);
        list.push_back({omission.text("code"), omission.optionalText("id"),
                        omission.optionalText("rev"), omission.optionalText("attachment"),
                        omission.text("message")});
    }
    return list;
}

std::map<int, std::string> readBuckets(Fields &fields)
{
    std::map<int, std::string> buckets;
    const auto raw = fields.value("leaf_set_buckets", {json::Kind::Object});
    const auto members =
        raw ? json::members(*raw) : Result<std::vector<json::Member>>(std::vector<json::Member>{});
    if (!members)
        return buckets;
    for (const json::Member &member : *members) {
        const auto bucket = json::toUnsigned(member.key);
        if (!bucket || *bucket > 255 || json::kindOf(member.value) != json::Kind::String) {
            fields.fail(base::text("a leaf set has an unknown bucket"));
            break;
        }
        buckets.emplace(static_cast<int>(*bucket), json::unescape(member.value));
    }
    return buckets;
}

ManifestDatabase readDatabase(std::string_view object, size_t index, std::optional<Error> &error)
{
    Fields fields(object, base::text("database number %1").arg(index + 1), error);
    constexpr Kinds sequence{json::Kind::String, json::Kind::Number, json::Kind::Array,
                             json::Kind::Null};
    constexpr Kinds objectOrNull{json::Kind::Object, json::Kind::Null};
    ManifestDatabase database;
    database.name = fields.text("name");
    database.directory = fields.text("directory");
    database.contentFrom = fields.text("content_from");
    database.instanceStartTime = fields.text("instance_start_time");
    database.updateSeq = fields.raw("update_seq", sequence);
    database.purgeSeq = fields.raw("purge_seq", sequence);
    database.security = fields.raw("security", objectOrNull);
    database.revsLimit = fields.optionalNumber("revs_limit");
    database.props = fields.raw("props", objectOrNull);
    database.documents = fields.number("documents");
    database.deleted = fields.number("deleted");
    database.leaves = fields.number("leaves");
    database.conflicted = fields.number("conflicted");
    database.attachments = fields.number("attachments");
    database.attachmentBytes = fields.number("attachment_bytes");
    database.leafSet = fields.text("leaf_set");
    database.leafSetBuckets = readBuckets(fields);
    database.contentHash = fields.text("content_hash");
    database.startedAt = fields.text("started_at");
    database.finishedAt = fields.text("finished_at");
    database.comparedAt = fields.text("compared_at");
    database.bodiesCompared = fields.number("bodies_compared");
    database.changedDuringRun = fields.boolean("changed_during_run");
    database.reused = fields.boolean("reused");
    database.omissions = readOmissions(fields, error);
    return database;
}

void checkFormat(Fields &fields)
{
    if (fields.text("format") != kFormatName)
        fields.fail(base::text("it is not one of focus-monitor"));
}

} // namespace

bool ManifestDatabase::isComplete() const
{
    return std::none_of(omissions.begin(), omissions.end(),
                        [](const Omission &omission) { return omission.isLoss(); });
}

bool Manifest::isComplete() const
{
    return omissions.empty()
        && std::all_of(databases.begin(), databases.end(),
                       [](const ManifestDatabase &database) { return database.isComplete(); });
}

std::string encodeManifest(const Manifest &manifest)
{
    std::string out;
    out.reserve(1024 + manifest.databases.size() * 1200);
    const auto appendText = [](std::string &to, const std::string &text) {
        json::appendQuoted(to, text);
    };
    ObjectText object(out, "\n");
    object.text("format", kFormatName);
    object.number("version", kFormatVersion);
    object.text("tool", manifest.tool);
    object.text("run_id", manifest.runId);
    object.text("started_at", manifest.startedAt);
    object.text("finished_at", manifest.finishedAt);
    object.text("server", manifest.server);
    object.text("server_uuid", manifest.serverUuid);
    object.text("server_version", manifest.serverVersion);
    object.text("server_vendor", manifest.serverVendor);
    object.boolean("complete", manifest.isComplete());
    if (manifest.reuseRound)
        object.number("reuse_round", *manifest.reuseRound);
    appendArray(object.key("fallbacks"), manifest.fallbacks, "", appendText);
    appendArray(object.key("appeared"), manifest.appeared, "", appendText);
    appendArray(object.key("vanished"), manifest.vanished, "", appendText);
    appendArray(object.key("omissions"), manifest.omissions, "", appendOmission);
    appendArray(object.key("databases"), manifest.databases, "\n", appendDatabase);
    object.end();
    return out + '\n';
}

Result<Manifest> decodeManifest(std::string_view text)
{
    std::optional<Error> error;
    Fields fields(text, base::text("the manifest"), error);
    checkFormat(fields);
    Manifest manifest;
    static_cast<void>(fields.number("version"));
    manifest.tool = fields.text("tool");
    manifest.runId = fields.text("run_id");
    manifest.startedAt = fields.text("started_at");
    manifest.finishedAt = fields.text("finished_at");
    manifest.server = fields.text("server");
    manifest.serverUuid = fields.text("server_uuid");
    manifest.serverVersion = fields.text("server_version");
    manifest.serverVendor = fields.text("server_vendor");
    const bool complete = fields.boolean("complete");
    manifest.reuseRound = fields.numberIfThere("reuse_round");
    manifest.fallbacks = fields.texts("fallbacks");
    manifest.appeared = fields.texts("appeared");
    manifest.vanished = fields.texts("vanished");
    manifest.omissions = readOmissions(fields, error);
    const auto databases = fields.array("databases");
    manifest.databases.reserve(databases.size());
    for (size_t i = 0; i < databases.size() && !error; ++i)
        manifest.databases.push_back(readDatabase(databases[i], i, error));
    if (complete != manifest.isComplete())
        fields.fail(base::text("\"complete\" and the omissions contradict each other"));
    if (error)
        return *error;
    return manifest;
}

std::string encodeFormat(std::string_view runId, std::string_view startedAt, std::string_view tool)
{
    std::string out;
    ObjectText object(out, "");
    object.text("format", kFormatName);
    object.number("version", kFormatVersion);
    object.text("run_id", runId);
    object.text("started_at", startedAt);
    object.text("tool", tool);
    object.end();
    return out + '\n';
}

Result<Format> decodeFormat(std::string_view text)
{
    std::optional<Error> error;
    Fields fields(text, base::text("format.json"), error);
    checkFormat(fields);
    const std::uint64_t version = fields.number("version");
    Format format{static_cast<int>(std::min<std::uint64_t>(version, 1'000'000)),
                  fields.text("run_id"), fields.text("started_at"), fields.text("tool")};
    if (error)
        return *error;
    return format;
}

} // namespace archive
