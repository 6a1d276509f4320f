#include "core/settings/setting.h"

#include "core/base/file.h"
#include "core/base/text.h"
#include "core/couch/serverurl.h"
#include "core/settings/units.h"

#include <QUrl>

#include <algorithm>
#include <numeric>

namespace settings {

using base::text;

namespace {

using Read = std::variant<Value, QString>;

/// Changes of one character that make b of a.
size_t distance(std::string_view a, std::string_view b)
{
    std::vector<size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), size_t{0});
    for (size_t i = 1; i <= a.size(); ++i) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.size(); ++j) {
            const size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
        }
    }
    return row.back();
}

std::string_view lastPart(std::string_view key)
{
    const size_t dot = key.rfind('.');
    return dot == std::string_view::npos ? key : key.substr(dot + 1);
}

QString wrongKind(const Setting &setting, const TomlValue &value)
{
    return text("%1 must be %2, not %3.")
        .arg(QLatin1String(setting.key), expectationOf(setting),
             QString::fromStdString(value.kind()));
}

/// For a value of the right type that cannot be.
QString notPossible(const Setting &setting, const TomlValue &value)
{
    return text("%1 must be %2, not %3.")
        .arg(QLatin1String(setting.key), expectationOf(setting),
             base::printable(shownValue(setting, value)));
}

bool isWithin(const Setting &setting, std::int64_t number)
{
    return number >= setting.least && number <= setting.most;
}

std::string amountText(const Setting &setting, std::int64_t amount)
{
    switch (setting.kind) {
    case Kind::Duration: return durationText(std::chrono::seconds(amount));
    case Kind::Size: return sizeText(static_cast<std::uint64_t>(amount));
    default: return std::to_string(amount);
    }
}

QString limitsOf(const Setting &setting)
{
    const QString least = QString::fromStdString(amountText(setting, setting.least));
    const bool hasMost = setting.most != std::numeric_limits<std::int64_t>::max();
    if (hasMost)
        return text("from %1 to %2")
            .arg(least, QString::fromStdString(amountText(setting, setting.most)));
    return text("of %1 or more").arg(least);
}

bool isHarmlessText(std::string_view bytes)
{
    const QString text = QString::fromUtf8(bytes.data(), static_cast<qsizetype>(bytes.size()));
    const QList<uint> points = text.toUcs4();
    return std::all_of(points.begin(), points.end(),
                       [](uint point) { return base::isHarmless(static_cast<char32_t>(point)); });
}

std::string absolutePath(const std::string &path, const std::string &folder)
{
    const base::fs::path given = base::fromUtf8(path);
    if (path.empty() || given.is_absolute())
        return path;
    return base::toUtf8((base::fromUtf8(folder) / given).lexically_normal());
}

/// A sentence about what is wrong; empty when nothing is.
QString flawOfServerUrl(const Setting &setting, const std::string &url)
{
    const auto parsed = couch::ServerUrl::parse(url);
    if (parsed)
        return {};
    return text("%1: %2").arg(QLatin1String(setting.key), parsed.error().message);
}

bool isWebUrl(const std::string &url)
{
    const QUrl parsed(QString::fromStdString(url), QUrl::StrictMode);
    const QString scheme = parsed.scheme();
    return parsed.isValid() && !parsed.host().isEmpty() && parsed.userInfo().isEmpty()
        && (scheme == QLatin1String("https") || scheme == QLatin1String("http"));
}

bool isListenAddress(const std::string &address)
{
    const size_t colon = address.rfind(':');
    if (colon == std::string::npos || colon == 0)
        return false;
    bool isNumber = false;
    const int port =
        QByteArray::fromStdString(address.substr(colon + 1)).toInt(&isNumber); // base 10
    const std::string host = address.substr(0, colon);
    const bool isSixth = host.front() == '[' && host.back() == ']';
    return isNumber && port > 0 && port < 65'536
        && (isSixth || host.find(':') == std::string::npos);
}

Read readText(const Setting &setting, const TomlValue &value, const std::string &folder)
{
    const auto *given = std::get_if<std::string>(&value.value);
    if (given == nullptr)
        return wrongKind(setting, value);
    if (!isHarmlessText(*given))
        return text("%1 must be one line without control characters.")
            .arg(QLatin1String(setting.key));
    if (given->empty())
        return Value(*given);
    switch (setting.kind) {
    case Kind::Path: return Value(absolutePath(*given, folder));
    case Kind::ServerUrl:
        if (const QString flaw = flawOfServerUrl(setting, *given); !flaw.isEmpty())
            return flaw;
        break;
    case Kind::WebUrl:
        if (!isWebUrl(*given))
            return text("%1 must be %2.").arg(QLatin1String(setting.key), expectationOf(setting));
        break;
    case Kind::Listen:
        if (!isListenAddress(*given))
            return notPossible(setting, value);
        break;
    default: break;
    }
    return Value(*given);
}

Read readChoice(const Setting &setting, const TomlValue &value)
{
    const auto *word = std::get_if<std::string>(&value.value);
    if (word == nullptr)
        return wrongKind(setting, value);
    const auto found = std::find(setting.words.begin(), setting.words.end(), *word);
    if (found == setting.words.end())
        return notPossible(setting, value);
    return Value(std::int64_t{found - setting.words.begin()});
}

/// Durations and sizes, which are texts, and counts, which are numbers.
Read readAmount(const Setting &setting, const TomlValue &value)
{
    std::int64_t amount = 0;
    if (setting.kind == Kind::Count) {
        const auto *number = std::get_if<std::int64_t>(&value.value);
        if (number == nullptr)
            return wrongKind(setting, value);
        amount = *number;
    } else {
        const auto *given = std::get_if<std::string>(&value.value);
        if (given == nullptr)
            return wrongKind(setting, value);
        if (setting.kind == Kind::Duration) {
            const auto duration = durationOf(*given);
            if (!duration)
                return notPossible(setting, value);
            amount = duration->count();
        } else {
            const auto size = sizeOf(*given);
            if (!size)
                return notPossible(setting, value);
            amount = static_cast<std::int64_t>(*size);
        }
    }
    if (!isWithin(setting, amount))
        return notPossible(setting, value);
    return Value(amount);
}

Read readList(const Setting &setting, const TomlValue &value)
{
    const auto *list = std::get_if<TomlList>(&value.value);
    if (list == nullptr)
        return wrongKind(setting, value);
    std::vector<std::string> texts;
    for (const TomlValue &element : *list) {
        const auto *given = std::get_if<std::string>(&element.value);
        if (given == nullptr)
            return wrongKind(setting, element);
        if (given->empty() || !isHarmlessText(*given))
            return notPossible(setting, element);
        texts.push_back(*given);
    }
    return Value(std::move(texts));
}

Read readSchedule(const Setting &setting, const TomlValue &value)
{
    Read texts = readList(setting, value);
    if (std::holds_alternative<QString>(texts))
        return texts;
    std::vector<backup::ScheduleRule> rules;
    for (const std::string &rule : std::get<std::vector<std::string>>(std::get<Value>(texts))) {
        const auto parsed = scheduleOf(rule);
        if (!parsed)
            return text("%1 cannot be \"%2\": write \"every 6 h\" (5 minutes to 366 days), "
                        "\"03:00 15:30\" or \"mon-fri 03:00\".")
                .arg(QLatin1String(setting.key), base::printable(rule));
        rules.push_back(*parsed);
    }
    return Value(std::move(rules));
}

} // namespace

const Setting *findSetting(std::string_view key)
{
    for (const Setting &setting : settingTable()) {
        if (key == setting.key)
            return &setting;
    }
    return nullptr;
}

const Setting *nearestSetting(std::string_view key)
{
    const Setting *nearest = nullptr;
    size_t best = std::max<size_t>(2, key.size() / 4) + 1;
    for (const Setting &setting : settingTable()) {
        const size_t away = distance(key, setting.key);
        if (away < best) {
            best = away;
            nearest = &setting;
        }
    }
    if (nearest != nullptr)
        return nearest;
    // In the wrong table, or in none.
    for (const Setting &setting : settingTable()) {
        if (lastPart(key) == lastPart(setting.key))
            return &setting;
    }
    return nullptr;
}

QString expectationOf(const Setting &setting)
{
    switch (setting.kind) {
    case Kind::Flag: return text("true or false");
    case Kind::Count: return text("a whole number %1").arg(limitsOf(setting));
    case Kind::Text: return text("a text in quotes");
    case Kind::Path: return text("a path in quotes");
    case Kind::ServerUrl: return text("a URL such as \"https://backup@focus.example/db\"");
    case Kind::WebUrl: return text("a URL that begins with https:// and holds no password");
    case Kind::Duration: return text("a duration such as \"5 min\", %1").arg(limitsOf(setting));
    case Kind::Size: return text("a size such as \"5 GiB\", %1").arg(limitsOf(setting));
    case Kind::List: return text("a list of texts such as [\"a\", \"b\"]");
    case Kind::Schedule: return text("a list such as [\"every 6 h\", \"mon-fri 03:00 15:30\"]");
    case Kind::Listen: return text("an address and a port such as \"127.0.0.1:9469\"");
    case Kind::Choice: {
        QStringList words;
        for (const std::string &word : setting.words)
            words.append(QLatin1Char('"') + QString::fromStdString(word) + QLatin1Char('"'));
        const QString last = words.takeLast();
        return text("%1 or %2").arg(words.join(QLatin1String(", ")), last);
    }
    }
    return {};
}

std::variant<Value, QString> readValue(const Setting &setting, const TomlValue &value,
                                       const std::string &folder)
{
    switch (setting.kind) {
    case Kind::Flag:
        if (const auto *flag = std::get_if<bool>(&value.value))
            return Value(*flag);
        return wrongKind(setting, value);
    case Kind::Count:
    case Kind::Duration:
    case Kind::Size: return readAmount(setting, value);
    case Kind::Choice: return readChoice(setting, value);
    case Kind::List: return readList(setting, value);
    case Kind::Schedule: return readSchedule(setting, value);
    default: return readText(setting, value, folder);
    }
}

std::string shownValue(const Setting &setting, const TomlValue &value)
{
    const auto *url = std::get_if<std::string>(&value.value);
    if (url == nullptr || url->empty())
        return value.text();
    if (setting.kind == Kind::WebUrl) {
        const QUrl parsed(QString::fromStdString(*url));
        const QUrl origin = parsed.adjusted(QUrl::RemoveUserInfo | QUrl::RemovePath
                                            | QUrl::RemoveQuery | QUrl::RemoveFragment);
        return tomlQuoted(origin.toString().toStdString() + "/…");
    }
    // A password in a URL is refused, and not shown in the refusal either.
    if (setting.kind == Kind::ServerUrl && !couch::ServerUrl::parse(*url))
        return tomlQuoted("…");
    return value.text();
}

std::string referenceRows()
{
    std::string rows;
    for (const Setting &setting : settingTable()) {
        rows += "| `" + std::string(setting.key) + "` | `" + setting.fallback + "` | "
            + expectationOf(setting).toStdString() + " | " + setting.help + " |\n";
    }
    return rows;
}

} // namespace settings
