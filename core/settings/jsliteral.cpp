#include "core/settings/jsliteral.h"

#include "core/base/text.h"
#include "core/settings/jstokens.h"

#include <algorithm>
#include <cmath>

namespace settings {

using base::Error;
using base::ErrorKind;
using base::Result;
using base::text;

namespace {

using Kind = JsToken::Kind;

constexpr int kDeepest = 64;

std::optional<double> numberOf(std::string digits)
{
    digits.erase(std::remove(digits.begin(), digits.end(), '_'), digits.end());
    bool isNumber = false;
    double number = 0;
    if (digits.starts_with("0x") || digits.starts_with("0X"))
        number = static_cast<double>(
            QByteArray::fromStdString(digits.substr(2)).toULongLong(&isNumber, 16));
    else
        number = QByteArray::fromStdString(digits).toDouble(&isNumber);
    if (!isNumber || !std::isfinite(number))
        return std::nullopt;
    return number;
}

class Parser
{
public:
    Parser(std::vector<JsToken> tokens, const EnvironmentLookup &environment)
        : m_tokens(std::move(tokens))
        , m_environment(environment)
    {
    }

    Result<JsObject> module()
    {
        if (!findExport())
            return Error{ErrorKind::Unsupported,
                         text("There is no `module.exports = …` in it: is it a config.env.js?")};
        const int line = peek().line;
        enterFunction();
        JsValue value = expression(0);
        if (auto *object = std::get_if<JsObject>(&value.value))
            return std::move(*object);
        return Error{
            ErrorKind::Unsupported,
            text("What it exports in line %1 is no object that can be read without running it.")
                .arg(line)};
    }

private:
    [[nodiscard]] const JsToken &peek(size_t ahead = 0) const
    {
        return m_tokens[std::min(m_at + ahead, m_tokens.size() - 1)];
    }
    void step() { m_at = std::min(m_at + 1, m_tokens.size() - 1); }

    [[nodiscard]] bool isNext(Kind kind, std::string_view what, size_t ahead = 0) const
    {
        return peek(ahead).kind == kind && peek(ahead).text == what;
    }
    [[nodiscard]] bool isSign(std::string_view what, size_t ahead = 0) const
    {
        return isNext(Kind::Sign, what, ahead);
    }
    bool takeSign(std::string_view what)
    {
        const bool is = isSign(what);
        if (is)
            step();
        return is;
    }
    bool takeWord(std::string_view what)
    {
        const bool is = isNext(Kind::Word, what);
        if (is)
            step();
        return is;
    }

    /// Behind `module.exports =`, `exports.default =` or `export default`.
    bool findExport()
    {
        for (; peek().kind != Kind::End; step()) {
            const bool isModule = isNext(Kind::Word, "module") && isSign(".", 1)
                && isNext(Kind::Word, "exports", 2) && isSign("=", 3);
            const bool isExports = isNext(Kind::Word, "exports") && isSign(".", 1)
                && isNext(Kind::Word, "default", 2) && isSign("=", 3);
            const bool isDefault = isNext(Kind::Word, "export") && isNext(Kind::Word, "default", 1);
            if (isModule || isExports || isDefault) {
                m_at += isDefault ? 2 : 4;
                return true;
            }
        }
        return false;
    }

    /// `() => (`, `() => { return`, `function () { return`: to what is returned.
    void enterFunction()
    {
        takeWord("async");
        const bool isFunction = takeWord("function");
        if (isFunction && peek().kind == Kind::Word)
            step(); // its name
        if (!isSign("(") || !isSign(")", 1))
            return;
        step();
        step();
        takeSign("=>");
        if (!isSign("{"))
            return;
        // A block: its first `return` at its own level.
        int depth = 0;
        for (; peek().kind != Kind::End; step()) {
            if (isSign("{") || isSign("(") || isSign("["))
                ++depth;
            else if (isSign("}") || isSign(")") || isSign("]"))
                --depth;
            else if (depth == 1 && isNext(Kind::Word, "return")) {
                step();
                return;
            }
        }
    }

    /// A value; what is none is skipped to the comma or bracket behind it.
    JsValue expression(int depth)
    {
        const size_t begin = m_at;
        const int line = peek().line;
        auto value = alternatives(depth);
        const bool isWhole = isSign(",") || isSign("}") || isSign("]") || isSign(")") || isSign(";")
            || peek().kind == Kind::End || depth == 0;
        if (value && isWhole) {
            value->line = line;
            return std::move(*value);
        }
        if (!m_isTooDeep) {
            m_at = begin;
            skipExpression();
        }
        return {JsUnknown{}, line};
    }

    void skipExpression()
    {
        int depth = 0;
        for (; peek().kind != Kind::End; step()) {
            if (isSign("{") || isSign("(") || isSign("["))
                ++depth;
            else if (depth == 0 && (isSign(",") || isSign("}") || isSign(")") || isSign("]")))
                return;
            else if (isSign("}") || isSign(")") || isSign("]"))
                --depth;
        }
    }

    /// `process.env.X || 'default'`: the first that there is.
    std::optional<JsValue> alternatives(int depth)
    {
        auto value = sum(depth);
        while (value && (isSign("||") || isSign("??"))) {
            step();
            auto other = sum(depth);
            if (!other)
                return std::nullopt;
            const auto *unknown = std::get_if<JsUnknown>(&value->value);
            if (unknown != nullptr && !unknown->variable.empty())
                value = std::move(other);
        }
        return value;
    }

    std::optional<JsValue> sum(int depth)
    {
        auto value = product(depth);
        while (value && (isSign("+") || isSign("-"))) {
            const bool isPlus = isSign("+");
            step();
            const auto other = product(depth);
            if (!other)
                return std::nullopt;
            auto *left = std::get_if<std::string>(&value->value);
            const auto *right = std::get_if<std::string>(&other->value);
            if (isPlus && left != nullptr && right != nullptr)
                *left += *right;
            else if (!calculate(*value, *other, isPlus ? '+' : '-'))
                return std::nullopt;
        }
        return value;
    }

    std::optional<JsValue> product(int depth)
    {
        auto value = primary(depth);
        while (value && (isSign("*") || isSign("/"))) {
            const char sign = isSign("*") ? '*' : '/';
            step();
            const auto other = primary(depth);
            if (!other || !calculate(*value, *other, sign))
                return std::nullopt;
        }
        return value;
    }

    static bool calculate(JsValue &value, const JsValue &other, char sign)
    {
        auto *left = std::get_if<double>(&value.value);
        const auto *right = std::get_if<double>(&other.value);
        if (left == nullptr || right == nullptr)
            return false;
        switch (sign) {
        case '+': *left += *right; break;
        case '-': *left -= *right; break;
        case '*': *left *= *right; break;
        default: *left /= *right;
        }
        return std::isfinite(*left);
    }

    std::optional<JsValue> primary(int depth)
    {
        if (depth > kDeepest) {
            m_at = m_tokens.size() - 1; // no configuration: nothing behind it is looked at
            m_isTooDeep = true;
            return std::nullopt;
        }
        const JsToken token = peek();
        switch (token.kind) {
        case Kind::Text: step(); return JsValue{token.text, token.line};
        case Kind::Number: {
            const auto number = numberOf(token.text);
            if (!number)
                return std::nullopt;
            step();
            return JsValue{*number, token.line};
        }
        case Kind::Word: return word(token);
        case Kind::Sign: break;
        default: return std::nullopt;
        }
        if (takeSign("{"))
            return object(depth);
        if (takeSign("["))
            return list(depth);
        if (takeSign("(")) {
            auto inner = alternatives(depth + 1);
            return inner && takeSign(")") ? std::move(inner) : std::nullopt;
        }
        if (takeSign("-")) {
            auto number = primary(depth + 1);
            auto *value = number ? std::get_if<double>(&number->value) : nullptr;
            if (value == nullptr)
                return std::nullopt;
            *value = -*value;
            return number;
        }
        return std::nullopt;
    }

    std::optional<JsValue> word(const JsToken &token)
    {
        if (token.text == "process" && isSign(".", 1) && isNext(Kind::Word, "env", 2)
            && isSign(".", 3) && peek(4).kind == Kind::Word) {
            const std::string variable = peek(4).text;
            m_at += 5;
            if (auto value = m_environment(variable))
                return JsValue{std::move(*value), token.line};
            return JsValue{JsUnknown{variable}, token.line};
        }
        if (token.text != "true" && token.text != "false" && token.text != "null"
            && token.text != "undefined")
            return std::nullopt;
        step();
        if (token.text == "true" || token.text == "false")
            return JsValue{token.text == "true", token.line};
        return JsValue{nullptr, token.line};
    }

    std::optional<JsValue> list(int depth)
    {
        JsList list;
        while (!takeSign("]")) {
            list.push_back(expression(depth + 1));
            if (!takeSign(",") && !isSign("]"))
                return std::nullopt;
        }
        return JsValue{std::move(list), 0};
    }

    std::optional<JsValue> object(int depth)
    {
        JsObject object;
        while (!takeSign("}")) {
            const JsToken key = peek();
            const bool isKey =
                key.kind == Kind::Word || key.kind == Kind::Text || key.kind == Kind::Number;
            if (isKey && isSign(":", 1)) {
                step();
                step();
                object.push_back({key.text, expression(depth + 1)});
            } else { // a method, a spread, a name alone, a computed key
                object.push_back({isKey ? key.text : std::string("…"), {JsUnknown{}, key.line}});
                skipExpression();
            }
            if (!takeSign(",") && !isSign("}"))
                return std::nullopt;
        }
        return JsValue{std::move(object), 0};
    }

    std::vector<JsToken> m_tokens;
    const EnvironmentLookup &m_environment;
    size_t m_at = 0;
    bool m_isTooDeep = false;
};

} // namespace

Result<JsObject> parseJsModule(std::string_view source, const EnvironmentLookup &environment)
{
    return Parser(jsTokens(source), environment).module();
}

} // namespace settings
