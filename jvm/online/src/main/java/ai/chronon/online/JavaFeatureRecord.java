package ai.chronon.online;

import ai.chronon.online.serde.FeatureRecord;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;

/**
 * Features by name. A struct is a record itself, a list of structs a list of records.
 *
 * <p>A getter without {@code Opt} throws NoSuchElementException for a name that is not there and returns null for null; one with
 * {@code Opt} returns nothing for both. Numbers are widened or narrowed to what the getter is named after.
 */
public class JavaFeatureRecord {
  private static final String EXCEPTION_SUFFIX = "_exception";

  public final Map<String, Object> values;

  public JavaFeatureRecord(FeatureRecord record) {
    this.values = JavaConversions.toJava(record);
  }

  public String getString(String name) {
    Object value = present(name);
    return value == null ? null : value.toString();
  }

  public Optional<String> getStringOpt(String name) {
    return Optional.ofNullable(values.get(name)).map(Object::toString);
  }

  public Long getLong(String name) {
    Number number = number(name, present(name));
    return number == null ? null : Long.valueOf(number.longValue());
  }

  public Optional<Long> getLongOpt(String name) {
    return Optional.ofNullable(number(name, values.get(name))).map(Number::longValue);
  }

  public Integer getInt(String name) {
    Number number = number(name, present(name));
    return number == null ? null : Integer.valueOf(number.intValue());
  }

  public Optional<Integer> getIntOpt(String name) {
    return Optional.ofNullable(number(name, values.get(name))).map(Number::intValue);
  }

  public Double getDouble(String name) {
    Number number = number(name, present(name));
    return number == null ? null : Double.valueOf(number.doubleValue());
  }

  public Optional<Double> getDoubleOpt(String name) {
    return Optional.ofNullable(number(name, values.get(name))).map(Number::doubleValue);
  }

  public Boolean getBoolean(String name) {
    return (Boolean) present(name);
  }

  public Optional<Boolean> getBooleanOpt(String name) {
    return Optional.ofNullable((Boolean) values.get(name));
  }

  public JavaFeatureRecord getStruct(String name) {
    return (JavaFeatureRecord) present(name);
  }

  public Optional<JavaFeatureRecord> getStructOpt(String name) {
    return Optional.ofNullable((JavaFeatureRecord) values.get(name));
  }

  public List<JavaFeatureRecord> getStructList(String name) {
    return getList(name);
  }

  @SuppressWarnings("unchecked")
  public <T> List<T> getList(String name) {
    return (List<T>) present(name);
  }

  @SuppressWarnings("unchecked")
  public <V> Map<String, V> getMap(String name) {
    return (Map<String, V>) present(name);
  }

  /** What went wrong, by the key under which the fetcher reports it. */
  public Map<String, Object> errors() {
    Map<String, Object> result = new LinkedHashMap<>();
    values.forEach(
        (name, value) -> {
          if (name.endsWith(EXCEPTION_SUFFIX)) {
            result.put(name, value);
          }
        });
    return result;
  }

  public boolean hasErrors() {
    return values.keySet().stream().anyMatch(name -> name.endsWith(EXCEPTION_SUFFIX));
  }

  private Object present(String name) {
    Object value = values.get(name);
    if (value == null && !values.containsKey(name)) {
      throw new NoSuchElementException("no field '" + name + "'; there are " + values.keySet());
    }
    return value;
  }

  private static Number number(String name, Object value) {
    if (value == null || value instanceof Number) {
      return (Number) value;
    }
    throw new IllegalArgumentException(
        "Field '" + name + "' holds a " + value.getClass().getName() + ", which is not numeric");
  }
}
